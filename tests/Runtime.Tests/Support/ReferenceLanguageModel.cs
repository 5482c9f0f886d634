using System.Collections.Immutable;
using CommunityToolkit.HighPerformance;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Numerics;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>A language model in double precision, built on the scalar twins and nothing else: dropout multiplies by written-out masks,
/// every product is dense, back-propagation is the chain rule line by line. The loss is the sum over T of the mean over B unless the
/// regularisers say otherwise.</summary>
internal sealed class ReferenceLanguageModel
{
    private readonly LanguageModelConfig _config;

    /// <summary>Parameters by the names of the model's layout; a bias is one row.</summary>
    public Dictionary<string, double[,]> Parameters { get; } = [];

    /// <summary>What there is beside dropout on units.</summary>
    public ReferenceRegularizers Regularizers { get; set; } = new();

    public ReferenceLanguageModel(LanguageModel model)
    {
        _config = model.Config;
        foreach (TensorSlot slot in model.Layout.Tensors)
            Parameters[slot.Name] = ((ReadOnlySpan<float>)model.Parameters[slot]).ToMatrix(slot.Length / slot.Shape[^1], slot.Shape[^1]);
    }

    /// <summary>State of every layer before the first step: h [H, B], c [B, H], zero.</summary>
    public ReferenceState NewState(int batch) => new(
        [.. Enumerable.Range(0, _config.LayerCount).Select(layer => new double[_config.HiddenSizeOf(layer), batch])],
        [.. Enumerable.Range(0, _config.LayerCount).Select(layer => new double[batch, _config.HiddenSizeOf(layer)])]);

    /// <summary>A window forward: tokens and targets [T][B].</summary>
    public ReferenceWindow Forward(int[] tokens, int[] targets, ReferenceMasks masks, ReferenceState state)
    {
        int timeSteps = masks.Output.Length, batch = tokens.Length / timeSteps;
        double perToken = 1.0 / (Regularizers.IsMean ? batch * timeSteps : batch);
        var window = new ReferenceWindow(tokens, batch, masks, _config.LayerCount, timeSteps);
        double[,] table = _config.TieWeights ? Parameters["classifier.weight"].Transposed() : Parameters["embedding"];
        double[][,] h = [.. state.H], c = [.. state.C];
        for (int t = 0; t < timeSteps; t++)
        {
            var x = new double[_config.EmbeddingSize, batch];
            ReferenceEmbedding.Forward(table, tokens.AsSpan(t * batch, batch), x);
            x = Masked(x, WordFactors(tokens.AsSpan(t * batch, batch)));
            for (int layer = 0; layer < _config.LayerCount; layer++)
            {
                int hidden = _config.HiddenSizeOf(layer);
                var step = new ReferenceStep(
                    Masked(x, masks.Input[layer][t]), Masked(h[layer], masks.Recurrent[layer][t]), h[layer], c[layer], batch, hidden,
                    _config.Cell.GateCount() * hidden);
                double[,] a = Repeated(Of(layer, "bias"), batch), u = _config.Cell == CellKind.Gru ? step.RecurrentPart : a;
                if (_config.Cell == CellKind.Gru) AddToLastGate(Of(layer, "recurrentBias"), u);
                ReferenceProducts.Forward(step.X, Of(layer, "input"), All(step.X), a);
                ReferenceProducts.Forward(step.Masked, DroppedWeights(layer), All(step.Masked), u);
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
                    logits.GetRowSpan(b), targets[(t * batch) + b], perToken, window.DLogits[t].GetRowSpan(b));
                window.TokenLosses.Add(loss);
                window.Loss += loss * perToken;
            }
        }

        window.Loss += Penalty(window);

        window.FinalState = new ReferenceState(h, c);
        return window;
    }

    /// <summary>The gradient of <see cref="ReferenceWindow.Loss"/> by every parameter.</summary>
    public Dictionary<string, double[,]> Backward(ReferenceWindow window) => Backward(window, x => x);

    /// <summary>As <see cref="Backward(ReferenceWindow)"/>, but with every term of the last sum, over time and sequences, taken by its
    /// magnitude: what rounding errors are measured against, for where a gradient's terms cancel, its errors do not.</summary>
    public Dictionary<string, double[,]> TermMagnitudes(ReferenceWindow window) => Backward(window, Magnitudes);

    private Dictionary<string, double[,]> Backward(ReferenceWindow window, Func<double[,], double[,]> term)
    {
        int timeSteps = window.Top.Length, batch = window.Batch, layers = _config.LayerCount;
        var gradients = Parameters.ToDictionary(p => p.Key, p => new double[p.Value.GetLength(0), p.Value.GetLength(1)]);
        var dTable = new double[_config.VocabularySize, _config.EmbeddingSize];
        double[][,] dRecurrent = NewState(batch).H, dPast = NewState(batch).H, dc = NewState(batch).C;
        for (int t = timeSteps - 1; t >= 0; t--)
        {
            double[,] dLogits = window.DLogits[t], top = window.Top[t], dTop = new double[top.GetLength(0), batch];
            ReferenceProducts.WeightGradient(term(top), term(dLogits), All(top), gradients["classifier.weight"]);
            AddRows(term(dLogits), gradients["classifier.bias"]);
            ReferenceProducts.Backward(Parameters["classifier.weight"], dLogits, All(top), 1, dTop);
            double[,] dx = Sum(Masked(dTop, window.Masks.Output[t]), PenaltySlope(window, t));
            for (int layer = layers - 1; layer >= 0; layer--)
            {
                ReferenceStep step = window.Steps[layer][t];
                double[,] dh = Sum(Sum(dx, dRecurrent[layer]), dPast[layer]);
                (double[,] da, double[,] du) = CellBackward(layer, step, dh, dPast[layer], dc[layer]);
                ReferenceProducts.WeightGradient(term(step.X), term(da), All(step.X), gradients[Name(layer, "input")]);
                var dWeights = new double[step.Hidden, step.Columns];
                ReferenceProducts.WeightGradient(term(step.Masked), term(du), All(step.Masked), dWeights);
                gradients[Name(layer, "recurrent")] = Sum(gradients[Name(layer, "recurrent")], Dropped(layer, dWeights));
                AddRows(term(da), gradients[Name(layer, "bias")]);
                AddVectors(layer, step, da, du, term, gradients);
                double[,] dPrevious = new double[step.Hidden, batch], dInput = new double[step.X.GetLength(0), batch];
                ReferenceProducts.Backward(DroppedWeights(layer), du, All(step.Masked), 1, dPrevious);
                ReferenceProducts.Backward(Of(layer, "input"), da, All(step.X), 1, dInput);
                dRecurrent[layer] = Masked(dPrevious, window.Masks.Recurrent[layer][t]);
                dx = Masked(dInput, window.Masks.Input[layer][t]);
            }

            dx = Masked(dx, WordFactors(window.Tokens.AsSpan(t * batch, batch)));
            ReferenceEmbedding.Backward(window.Tokens.AsSpan(t * batch, batch), term(dx), dTable);
        }

        string name = _config.TieWeights ? "classifier.weight" : "embedding";
        gradients[name] = Sum(gradients[name], _config.TieWeights ? dTable.Transposed() : dTable);
        return gradients;
    }

    private double[,] DroppedWeights(int layer) => Dropped(layer, Of(layer, "recurrent"));

    private double[,] Dropped(int layer, double[,] u) => Regularizers.Weights is { } masks ? Masked(u, masks[layer]) : u;

    // [E, B]: every unit of a sequence has its word's factor.
    private double[,] WordFactors(ReadOnlySpan<int> tokens)
    {
        double[]? words = Regularizers.Words;
        int own = words?.Length > _config.VocabularySize ? _config.VocabularySize : 0;
        var factors = new double[_config.EmbeddingSize, tokens.Length];
        for (int b = 0; b < tokens.Length; b++)
        {
            for (int e = 0; e < _config.EmbeddingSize; e++) factors[e, b] = words?[(b * own) + tokens[b]] ?? 1;
        }

        return factors;
    }

    // alpha * mean(dropped^2) + beta * mean((h[t] - h[t-1])^2), element by element.
    private double Penalty(ReferenceWindow window)
    {
        int timeSteps = window.Top.Length, elements = window.Top[0].Length;
        ReferenceStep[] last = window.Steps[^1];
        double activation = 0, temporal = 0;
        for (int t = 0; t < timeSteps; t++)
        {
            foreach (double value in window.Top[t]) activation += value * value;
            for (int i = 0; t > 0 && i < elements; i++) temporal += Math.Pow(last[t].H.AsFlat()[i] - last[t - 1].H.AsFlat()[i], 2);
        }

        return (Regularizers.Alpha * activation / (timeSteps * elements))
            + (timeSteps == 1 ? 0 : Regularizers.Beta * temporal / ((timeSteps - 1) * elements));
    }

    private double[,] PenaltySlope(ReferenceWindow window, int t)
    {
        int timeSteps = window.Top.Length, elements = window.Top[0].Length;
        ReferenceStep[] last = window.Steps[^1];
        double alpha = 2 * Regularizers.Alpha / (timeSteps * elements),
            beta = timeSteps == 1 ? 0 : 2 * Regularizers.Beta / ((timeSteps - 1) * elements);
        double[,] slope = Zip(window.Top[t], window.Masks.Output[t], (value, factor) => alpha * value * factor);
        if (t > 0) slope = Sum(slope, Zip(last[t].H, last[t - 1].H, (here, before) => beta * (here - before)));
        if (t < timeSteps - 1) slope = Sum(slope, Zip(last[t].H, last[t + 1].H, (here, after) => beta * (here - after)));
        return slope;
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

/// <summary>Regularisers beside dropout on units, their masks written out.</summary>
internal sealed record ReferenceRegularizers
{
    /// <summary>For each layer a factor for every recurrent weight, [H, GH]; null for none.</summary>
    public double[][,]? Weights { get; init; }

    /// <summary>A factor for every word, [V], or for every sequence and word, [B, V]; null for none.</summary>
    public double[]? Words { get; init; }

    /// <summary>AR's factor.</summary>
    public double Alpha { get; init; }

    /// <summary>TAR's factor.</summary>
    public double Beta { get; init; }

    /// <summary>Whether the loss is a mean over time too.</summary>
    public bool IsMean { get; init; }

    /// <summary>Those of a recipe in a window, with masks drawn word by word from the generator.</summary>
    public static ReferenceRegularizers Of(LanguageModelRecipe recipe, LanguageModelConfig config, Draw draw) => new()
    {
        Weights = recipe.WeightDrop == 0f ? null :
            [.. Enumerable.Range(0, config.LayerCount).Select(layer => WeightFactors(
                new(recipe.Seed, recipe.WeightDrop, layer, draw), config.HiddenSizeOf(layer),
                config.Cell.GateCount() * config.HiddenSizeOf(layer)))],
        Words = recipe.WordDrop == 0f ? null : Factors(
            UnstructuredMask.OfWords(recipe.Seed, recipe.WordDrop, table: 0, draw),
            (recipe.WordDropBySequence ? recipe.BatchSize : 1) * config.VocabularySize),
        Alpha = recipe.ActivationPenalty,
        Beta = recipe.TemporalPenalty,
        IsMean = recipe.LossReduction == LossReduction.Mean,
    };

    /// <summary>DropConnect's factors, [H, GH].</summary>
    public static double[,] WeightFactors(WeightMasks masks, int hidden, int columns)
    {
        int pieces = (columns + WeightMasks.PieceColumns - 1) / WeightMasks.PieceColumns;
        var factors = new double[hidden, columns];
        for (int row = 0; row < hidden; row++)
        {
            double[] line =
                [.. Enumerable.Range(0, pieces).SelectMany(piece => Factors(masks.Of(row, piece, pieces), WeightMasks.PieceColumns))];
            line.AsSpan(0, columns).CopyTo(factors.GetRowSpan(row));
        }

        return factors;
    }

    private static double[] Factors(UnstructuredMask mask, int count)
    {
        PhiloxStream random = mask.Stream;
        double[] factors = new double[count];
        for (int i = 0; i < count; i++) factors[i] = random.Next() >= mask.Threshold ? mask.Scale : 0;
        return factors;
    }
}

/// <summary>Carried state: per layer h [H, B] and c [B, H].</summary>
internal sealed record ReferenceState(double[][,] H, double[][,] C);

/// <summary>What one layer's step used and made: the masked x and h, h and c before, h U with its bias where the cell keeps it apart,
/// gates, the cell after, the output.</summary>
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
