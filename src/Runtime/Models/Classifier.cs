namespace TinySD.Runtime.Models;

/// <summary>A model that labels sequences, and what it needs to know of them. Run by
/// <see cref="Inference.ClassifierSession"/>.</summary>
public sealed class Classifier
{
    /// <summary>Puts the two together.</summary>
    /// <exception cref="ArgumentException">They do not fit each other, or the form is none.</exception>
    public Classifier(SequenceModel model, ClassifierForm form)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(form);
        form.Validate();
        SequenceModelConfig config = model.Config;
        int columns = config.HasTokens ? 0 : config.Body.InputSize;
        if (columns != form.Inputs.Length || config.OutputSize != form.Labels.Length)
        {
            string wanted = $"{Throw.Counted(form.Inputs.Length, "column")} and {Throw.Counted(form.Labels.Length, "label")}";
            string found = $"{Throw.Counted(columns, "column")} and {Throw.Counted(config.OutputSize, "output")}";
            Throw.Argument($"the model is of {found}; the form has {wanted}");
        }

        if (config.ReadOut == ReadOut.EveryStep) Throw.Argument("a classifier reads a sequence as a whole, and its model reads every step");
        Model = model;
        Form = form;
    }

    /// <summary>The parameters.</summary>
    public SequenceModel Model { get; }

    /// <summary>Labels, columns, scales.</summary>
    public ClassifierForm Form { get; }

    /// <summary>The smaller classifier that a share of the units is.</summary>
    /// <inheritdoc cref="SequenceModel.AtShare"/>
    public Classifier AtShare(float share, int keepMultiple = 1, Memory<float> storage = default)
    {
        SequenceModel model = Model.AtShare(share, keepMultiple, storage);
        return model == Model ? this : new Classifier(model, Form);
    }

    /// <summary>From outputs to probabilities: softmax, or with several labels at once the sigmoid of each.</summary>
    internal void ToProbabilities(ReadOnlySpan<float> outputs, Span<double> probabilities)
    {
        double most = double.NegativeInfinity, sum = 0;
        foreach (float output in outputs) most = Math.Max(most, output);
        for (int i = 0; i < outputs.Length; i++)
        {
            double small = PortableMath.Exp(-Math.Abs((double)outputs[i]));
            if (Form.IsMultiLabel) probabilities[i] = outputs[i] >= 0 ? 1 / (1 + small) : small / (1 + small);
            else sum += probabilities[i] = PortableMath.Exp(outputs[i] - most);
        }

        if (Form.IsMultiLabel) return;
        foreach (ref double probability in probabilities) probability /= sum;
    }
}
