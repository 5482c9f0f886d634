using System.Collections.Immutable;
using CommunityToolkit.HighPerformance;
using TinySD.Runtime.Kernels.Reference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tests;

/// <summary>
/// A language model in double precision, built on the scalar twins and nothing else: dropout multiplies by written-out masks, every product is
/// dense, back-propagation is the chain rule line by line. The loss is the sum over T of the mean over B.
/// </summary>
internal sealed class ReferenceLanguageModel
{
    private readonly LanguageModelConfig _config;

    /// <summary>Parameters by the names of the model's layout; a bias is one row.</summary>
    public Dictionary<string, double[,]> Parameters { get; } = [];

    public ReferenceLanguageModel(LanguageModel model)
    {
        _config = model.Config;
        foreach (TensorSlot slot in model.Layout.Tensors)
            Parameters[slot.Name] = ((ReadOnlySpan<float>)model.Parameters[slot]).ToMatrix(slot.Length / slot.Shape[^1], slot.Shape[^1]);
    }

    /// <summary>State of every layer before the first step: h [H, B], c [B, H], zero.</summary>
    public ReferenceState NewState(int batch) => new(
        [.. Enumerable.Range(0, _config.LayerCount).Select(_ => new double[_config.HiddenSize, batch])],
        [.. Enumerable.Range(0, _config.LayerCount).Select(_ => new double[batch, _config.HiddenSize])]);

    /// <summary>A window forward: tokens and targets [T][B].</summary>
    public ReferenceWindow Forward(int[] tokens, int[] targets, ReferenceMasks masks, ReferenceState state)
    {
        int timeSteps = masks.Output.Length, batch = tokens.Length / timeSteps, hidden = _config.HiddenSize;
        var window = new ReferenceWindow(tokens, batch, masks, _config.LayerCount, timeSteps);
        double[,] table = _config.TieWeights ? Parameters["classifier.weight"].Transposed() : Parameters["embedding"];
        double[][,] h = [.. state.H], c = [.. state.C];
        for (int t = 0; t < timeSteps; t++)
        {
            var x = new double[_config.EmbeddingSize, batch];
            ReferenceEmbedding.Forward(table, tokens.AsSpan(t * batch, batch), x);
            for (int layer = 0; layer < _config.LayerCount; layer++)
            {
                var step = new ReferenceStep(
                    Masked(x, masks.Input[layer][t]), Masked(h[layer], masks.Recurrent[layer][t]), h[layer], c[layer], batch, hidden,
                    _config.Cell.GateCount() * hidden);
                double[,] a = Repeated(Of(layer, "bias"), batch), u = _config.Cell == CellKind.Gru ? step.RecurrentPart : a;
                if (_config.Cell == CellKind.Gru) AddToLastGate(Of(layer, "recurrentBias"), u);
                ReferenceProducts.Forward(step.X, Of(layer, "input"), All(step.X), a);
                ReferenceProducts.Forward(step.Masked, Of(layer, "recurrent"), All(step.Masked), u);
                CellForward(layer, step, a);
                window.Steps[layer][t] = step;
                (x, h[layer], c[layer]) = (step.H, step.H, step.CNext);
            }

            double[,] top = Masked(x, masks.Output[t]), logits = Repeated(Parameters["classifier.bias"], batch);
            ReferenceProducts.Forward(top, Parameters["classifier.weight"], All(top), logits);
            window.Top[t] = top;
            window.Logits[t] = logits;
            window.DLogits[t] = new double[batch, _config.VocabularySize];
            for (int b = 0; b < batch; b++)
            {
                double loss = ReferenceSoftmaxCrossEntropy.Row(
                    logits.GetRowSpan(b), targets[(t * batch) + b], 1.0 / batch, window.DLogits[t].GetRowSpan(b));
                window.TokenLosses.Add(loss);
                window.Loss += loss / batch;
            }
        }

        window.FinalState = new ReferenceState(h, c);
        return window;
    }

    /// <summary>The gradient of <see cref="ReferenceWindow.Loss"/> by every parameter.</summary>
    public Dictionary<string, double[,]> Backward(ReferenceWindow window) => Backward(window, x => x);

    /// <summary>
    /// As <see cref="Backward(ReferenceWindow)"/>, but with every term of the last sum, over time and sequences, taken by its magnitude: what rounding
    /// errors are measured against, for where a gradient's terms cancel, its errors do not.
    /// </summary>
    public Dictionary<string, double[,]> TermMagnitudes(ReferenceWindow window) => Backward(window, Magnitudes);

    private Dictionary<string, double[,]> Backward(ReferenceWindow window, Func<double[,], double[,]> term)
    {
        int timeSteps = window.Top.Length, batch = window.Batch, layers = _config.LayerCount, hidden = _config.HiddenSize;
        var gradients = Parameters.ToDictionary(p => p.Key, p => new double[p.Value.GetLength(0), p.Value.GetLength(1)]);
        var dTable = new double[_config.VocabularySize, _config.EmbeddingSize];
        double[][,] dRecurrent = NewState(batch).H, dPast = NewState(batch).H, dc = NewState(batch).C;
        for (int t = timeSteps - 1; t >= 0; t--)
        {
            double[,] dLogits = window.DLogits[t], top = window.Top[t], dTop = new double[hidden, batch];
            ReferenceProducts.WeightGradient(term(top), term(dLogits), All(top), gradients["classifier.weight"]);
            AddRows(term(dLogits), gradients["classifier.bias"]);
            ReferenceProducts.Backward(Parameters["classifier.weight"], dLogits, All(top), 1, dTop);
            double[,] dx = Masked(dTop, window.Masks.Output[t]);
            for (int layer = layers - 1; layer >= 0; layer--)
            {
                ReferenceStep step = window.Steps[layer][t];
                double[,] dh = Sum(Sum(dx, dRecurrent[layer]), dPast[layer]);
                (double[,] da, double[,] du) = CellBackward(layer, step, dh, dPast[layer], dc[layer]);
                ReferenceProducts.WeightGradient(term(step.X), term(da), All(step.X), gradients[Name(layer, "input")]);
                ReferenceProducts.WeightGradient(term(step.Masked), term(du), All(step.Masked), gradients[Name(layer, "recurrent")]);
                AddRows(term(da), gradients[Name(layer, "bias")]);
                AddVectors(layer, step, da, du, term, gradients);
                double[,] dPrevious = new double[hidden, batch], dInput = new double[step.X.GetLength(0), batch];
                ReferenceProducts.Backward(Of(layer, "recurrent"), du, All(step.Masked), 1, dPrevious);
                ReferenceProducts.Backward(Of(layer, "input"), da, All(step.X), 1, dInput);
                dRecurrent[layer] = Masked(dPrevious, window.Masks.Recurrent[layer][t]);
                dx = Masked(dInput, window.Masks.Input[layer][t]);
            }

            ReferenceEmbedding.Backward(window.Tokens.AsSpan(t * batch, batch), term(dx), dTable);
        }

        string name = _config.TieWeights ? "classifier.weight" : "embedding";
        gradients[name] = Sum(gradients[name], _config.TieWeights ? dTable.Transposed() : dTable);
        return gradients;
    }

    private string Name(int layer, string tensor) => $"{_config.Cell.TensorPrefix()}.{layer}.{tensor}";

    private double[,] Of(int layer, string tensor) => Parameters[Name(layer, tensor)];

    private ReadOnlySpan<double> Peepholes(int layer) => _config.Peepholes ? Of(layer, "peephole").AsFlat() : [];

    private void CellForward(int layer, ReferenceStep step, double[,] a)
    {
        if (_config.Cell == CellKind.Lstm) ReferenceLstmCell.Forward(a, Peepholes(layer), step.C, step.Gates, step.CNext, step.H);
        else if (_config.Cell == CellKind.Gru) ReferenceGruCell.Forward(a, step.RecurrentPart, step.Previous, step.Gates, step.H);
        else ReferenceRnnCell.Forward(a, _config.Cell == CellKind.RnnRelu, step.H);
    }

    // The gradients of x W + b and of h U; what comes to h past the products goes to dPast, and dc moves a step back.
    private (double[,] Da, double[,] Du) CellBackward(int layer, ReferenceStep step, double[,] dh, double[,] dPast, double[,] dc)
    {
        var da = new double[step.Batch, step.Columns];
        if (_config.Cell == CellKind.Gru)
        {
            var du = new double[step.Batch, step.Columns];
            ReferenceGruCell.Backward(step.Gates, step.RecurrentPart, step.Previous, dh, da, du, dPast);
            return (da, du);
        }

        if (_config.Cell == CellKind.Lstm) ReferenceLstmCell.Backward(step.Gates, Peepholes(layer), step.C, step.CNext, dh, dc, da);
        else ReferenceRnnCell.Backward(step.H, dh, _config.Cell == CellKind.RnnRelu, da);
        return (da, da);
    }

    // The tensors that only one cell has.
    private void AddVectors(
        int layer, ReferenceStep step, double[,] da, double[,] du, Func<double[,], double[,]> term, Dictionary<string, double[,]> gradients)
    {
        int hidden = step.Hidden;
        if (_config.Cell == CellKind.Gru) AddRows(Columns(term(du), 2 * hidden, hidden), gradients[Name(layer, "recurrentBias")]);
        if (!_config.Peepholes) return;
        double[,] sum = gradients[Name(layer, "peephole")], input = Columns(da, 0, hidden), forget = Columns(da, hidden, hidden);
        double[,] output = Columns(da, 3 * hidden, hidden);
        for (int j = 0; j < hidden; j++)
        {
            for (int b = 0; b < step.Batch; b++)
            {
                sum[0, j] += term(new double[,] { { input[b, j] * step.C[b, j] } })[0, 0];
                sum[0, hidden + j] += term(new double[,] { { forget[b, j] * step.C[b, j] } })[0, 0];
                sum[0, (2 * hidden) + j] += term(new double[,] { { output[b, j] * step.CNext[b, j] } })[0, 0];
            }
        }
    }

    private static void AddToLastGate(double[,] row, double[,] a)
    {
        int hidden = row.Length;
        for (int b = 0; b < a.GetLength(0); b++)
        {
            for (int j = 0; j < hidden; j++) a[b, a.GetLength(1) - hidden + j] += row[0, j];
        }
    }

    private static double[,] Columns(double[,] x, int first, int count)
    {
        var result = new double[x.GetLength(0), count];
        for (int i = 0; i < x.GetLength(0); i++) x.GetRowSpan(i).Slice(first, count).CopyTo(result.GetRowSpan(i));
        return result;
    }

    private static int[] All(double[,] x) => [.. Enumerable.Range(0, x.GetLength(0))];

    private static double[,] Masked(double[,] x, double[,] factors) => Zip(x, factors, (a, b) => a * b);

    private static double[,] Magnitudes(double[,] x) => Zip(x, x, (a, _) => Math.Abs(a));

    private static double[,] Sum(double[,] x, double[,] y) => Zip(x, y, (a, b) => a + b);

    private static double[,] Zip(double[,] x, double[,] y, Func<double, double, double> f)
    {
        var result = new double[x.GetLength(0), x.GetLength(1)];
        for (int i = 0; i < x.GetLength(0); i++)
        {
            for (int j = 0; j < x.GetLength(1); j++) result[i, j] = f(x[i, j], y[i, j]);
        }

        return result;
    }

    private static double[,] Repeated(double[,] row, int count)
    {
        var rows = new double[count, row.Length];
        for (int i = 0; i < count; i++) row.GetRowSpan(0).CopyTo(rows.GetRowSpan(i));
        return rows;
    }

    private static void AddRows(double[,] rows, double[,] sum)
    {
        for (int i = 0; i < rows.GetLength(0); i++)
        {
            for (int j = 0; j < rows.GetLength(1); j++) sum[0, j] += rows[i, j];
        }
    }
}

/// <summary>Carried state: per layer h [H, B] and c [B, H].</summary>
internal sealed record ReferenceState(double[][,] H, double[][,] C);

/// <summary>
/// What one layer's step used and made: the masked x and h, h and c before, h U with its bias where the cell keeps it apart, gates, the cell after, the output.
/// </summary>
internal sealed record ReferenceStep(double[,] X, double[,] Masked, double[,] Previous, double[,] C, int Batch, int Hidden, int Columns)
{
    public double[,] RecurrentPart { get; } = new double[Batch, Columns];

    public double[,] Gates { get; } = new double[Batch, Columns];

    public double[,] CNext { get; } = new double[Batch, Hidden];

    public double[,] H { get; } = new double[Hidden, Batch];
}

/// <summary>Everything a window's backward pass needs, and its loss.</summary>
internal sealed class ReferenceWindow(int[] tokens, int batch, ReferenceMasks masks, int layers, int timeSteps)
{
    public int[] Tokens => tokens;

    public int Batch => batch;

    public ReferenceMasks Masks => masks;

    public ImmutableArray<ReferenceStep[]> Steps { get; } = [.. Enumerable.Range(0, layers).Select(_ => new ReferenceStep[timeSteps])];

    public double[][,] Top { get; } = new double[timeSteps][,];

    public double[][,] Logits { get; } = new double[timeSteps][,];

    public double[][,] DLogits { get; } = new double[timeSteps][,];

    /// <summary>Of every token, [T][B], in nats.</summary>
    public List<double> TokenLosses { get; } = [];

    /// <summary>The sum over T of the mean over B.</summary>
    public double Loss { get; set; }

    public ReferenceState? FinalState { get; set; }
}
