namespace TinySD.Runtime.Models;

/// <summary>A model that gives every token of a sentence a tag, and what it needs to know of them. Run by
/// <see cref="Inference.TaggerSession"/>.</summary>
public sealed class Tagger
{
    /// <summary>Puts the two together.</summary>
    /// <exception cref="ArgumentException">They do not fit each other, or the form is none.</exception>
    public Tagger(TaggerModel model, TaggerForm form)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(form);
        form.Validate();
        if (model.Config.TagCount != form.Tags.Length)
            Throw.Argument($"the model scores {Throw.Counted(model.Config.TagCount, "tag")}; the form has {form.Tags.Length}");
        Model = model;
        Form = form;
    }

    /// <summary>The parameters.</summary>
    public TaggerModel Model { get; }

    /// <summary>Tags and their scheme.</summary>
    public TaggerForm Form { get; }
}
