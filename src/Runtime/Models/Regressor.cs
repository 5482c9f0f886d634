namespace TinySD.Runtime.Models;

/// <summary>A model that predicts columns of a series, and what it needs to know of them. Run by
/// <see cref="Inference.RegressorSession"/>.</summary>
public sealed class Regressor
{
    /// <summary>Puts the two together.</summary>
    /// <exception cref="ArgumentException">They do not fit each other, or the form is none.</exception>
    public Regressor(SequenceModel model, SeriesForm form)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(form);
        form.Validate();
        SequenceModelConfig config = model.Config;
        if (config.HasTokens || config.Body.InputSize != form.Inputs.Length || config.OutputSize != form.OutputCount)
        {
            string found = config.HasTokens ? "tokens" : Throw.Counted(config.Body.InputSize, "column");
            string wanted = $"{Throw.Counted(form.Inputs.Length, "column")} to {Throw.Counted(form.OutputCount, "output")}";
            Throw.Argument($"the model is of {found} to {Throw.Counted(config.OutputSize, "output")}; the form is of {wanted}");
        }

        if (config.LinearRows != form.LinearRows)
            Throw.Argument($"the model's linear map is of {config.LinearRows} rows, the form's of {form.LinearRows}");
        bool isWindowed = form.Window > 0;
        if ((config.ReadOut == ReadOut.EveryStep) == isWindowed)
            Throw.Argument($"the read-out {config.ReadOut} does not fit {(isWindowed ? "a window" : "a series without end")}");
        if (!isWindowed && config.Body.Direction != RecurrentDirection.Forward)
            Throw.Argument("a series without end is read forward; another direction needs a window");
        Model = model;
        Form = form;
    }

    /// <summary>The parameters.</summary>
    public SequenceModel Model { get; }

    /// <summary>Columns, horizon, scales.</summary>
    public SeriesForm Form { get; }

    /// <summary>The smaller regressor that a share of the units is.</summary>
    /// <inheritdoc cref="SequenceModel.AtShare"/>
    public Regressor AtShare(float share, int keepMultiple = 1, Memory<float> storage = default)
    {
        SequenceModel model = Model.AtShare(share, keepMultiple, storage);
        return model == Model ? this : new Regressor(model, Form);
    }
}
