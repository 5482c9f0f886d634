namespace TinySD.Runtime.Models;

/// <summary>A model that translates sentences, and what it needs to know of them. Run by
/// a session.</summary>
public sealed class Translator
{
    /// <summary>Puts the two together.</summary>
    /// <exception cref="ArgumentException">They do not fit each other, or the form is none.</exception>
    public Translator(TranslatorModel model, TranslatorForm form)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(form);
        form.Validate();
        int units = model.Config.TargetVocabularySize;
        if (units != form.TargetUnits.Length)
            Throw.Argument($"the model writes {Throw.Counted(units, "unit")}; the form has {form.TargetUnits.Length}");
        Model = model;
        Form = form;
    }

    /// <summary>The parameters.</summary>
    public TranslatorModel Model { get; }

    /// <summary>The target's units.</summary>
    public TranslatorForm Form { get; }
}
