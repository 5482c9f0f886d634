using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tests;

/// <summary>A translator of LSTM layers, one sentence and one number at a time, in double precision: the equations of Luong, Pham and
/// Manning 2015 as they are written.</summary>
internal sealed class ReferenceTranslator(TranslatorModel model)
{
    private readonly TranslatorConfig _config = model.Config;

    /// <summary>The log-probability of each of a target's units and of its end, given those before it.</summary>
    public double[] LogsOf(int[] source, int[] target) =>
        [.. Run(source, target).Select((logs, t) => logs[t < target.Length ? target[t] : TranslatorConfig.End])];

    /// <summary>The likeliest unit after another, up to the end or a limit.</summary>
    public int[] Greedy(int[] source, int limit)
    {
        var units = new List<int>();
        while (units.Count < limit)
        {
            double[] logs = Run(source, [.. units])[^1];
            int best = Enumerable.Range(0, logs.Length).Where(unit => unit != TranslatorConfig.Begin).MaxBy(unit => logs[unit]);
            if (best == TranslatorConfig.End) break;
            units.Add(best);
        }

        return [.. units];
    }

    // The log-probabilities of all units after each beginning of a target.
    private double[][] Run(int[] source, int[] target)
    {
        double[][] memory = [.. source.Append(TranslatorConfig.End).Select(unit => Embed(SourceTable, unit))];
        var states = new List<(double[] H, double[] C)[]>();
        int directions = _config.Direction == RecurrentDirection.Bidirectional ? 2 : 1;
        for (int layer = 0; layer < _config.EncoderLayerCount; layer++)
        {
            var halves = new double[directions][][];
            var last = new (double[] H, double[] C)[directions];
            for (int direction = 0; direction < directions; direction++)
            {
                bool isReverse = direction == 1 || _config.Direction == RecurrentDirection.Reverse;
                string name = $"encoder.lstm.{layer}{(direction == 1 ? ".reverse" : "")}";
                (double[] H, double[] C) state = (new double[_config.EncoderHiddenSize], new double[_config.EncoderHiddenSize]);
                halves[direction] = new double[memory.Length][];
                for (int i = 0; i < memory.Length; i++)
                {
                    int s = isReverse ? memory.Length - 1 - i : i;
                    state = Cell(name, memory[s], state, []);
                    halves[direction][s] = state.H;
                }

                last[direction] = state;
            }

            states.Add(last);
            memory = [.. Enumerable.Range(0, memory.Length).Select(s => halves.SelectMany(half => half[s]).ToArray())];
        }

        var decoder = new (double[] H, double[] C)[_config.LayerCount];
        for (int layer = 0; layer < decoder.Length; layer++)
        {
            (double[] H, double[] C)[] from = states[Math.Min(layer, states.Count - 1)];
            decoder[layer] = (Bridge(layer, "hidden", from.SelectMany(state => state.H)), Bridge(layer, "cell", from.SelectMany(s => s.C)));
        }

        double[] fed = new double[_config.AttentionSize];
        var logs = new List<double[]>();
        foreach (int unit in target.Prepend(TranslatorConfig.Begin))
        {
            double[] x = Embed(TargetTable, unit);
            for (int layer = 0; layer < decoder.Length; layer++)
            {
                decoder[layer] = Cell($"decoder.lstm.{layer}", x, decoder[layer], layer == 0 && _config.HasInputFeeding ? fed : []);
                x = decoder[layer].H;
            }

            double[] scores = [.. memory.Select(m => Score(x, m))], weights = [.. scores.Select(score => Math.Exp(score - scores.Max()))];
            double[] context = [.. Enumerable.Range(0, _config.MemorySize).Select(i =>
                memory.Select((m, s) => weights[s] / weights.Sum() * m[i]).Sum())];
            double[] sums = Times([.. context, .. x], "decoder.attention.output.weight");
            fed = [.. Add(sums, All("decoder.attention.output.bias")).Select(Math.Tanh)];
            double[] logits = Add(Times(fed, "classifier.weight"), All("classifier.bias"));
            double log = Math.Log(logits.Sum(Math.Exp));
            logs.Add([.. logits.Select(logit => logit - log)]);
        }

        return [.. logs];
    }

    private string SourceTable => !_config.SharesEmbedding ? "source.embedding" : TargetTable;

    private string TargetTable => _config.TiesWeights ? "classifier.weight" : "target.embedding";

    private double[] Embed(string table, int unit)
    {
        double[] all = All(table);
        int size = _config.EmbeddingSize;
        return [.. Enumerable.Range(0, size).Select(e => table == "classifier.weight"
            ? all[(e * _config.TargetVocabularySize) + unit] : all[(unit * size) + e])];
    }

    private double[] Bridge(int layer, string state, IEnumerable<double> from) => _config.Bridge == BridgeKind.Copy
        ? [.. from]
        : [.. Add(Times([.. from], $"bridge.{layer}.{state}.weight"), All($"bridge.{layer}.{state}.bias")).Select(Math.Tanh)];

    private double Score(double[] query, double[] m)
    {
        double[] key = _config.Attention == AttentionKind.Dot ? m : Times(m, "decoder.attention.key.weight");
        double score;
        if (_config.Attention == AttentionKind.Concat)
        {
            double[] sums = Add(Add(key, All("decoder.attention.key.bias")), Times(query, "decoder.attention.query.weight"));
            score = sums.Select((sum, j) => All("decoder.attention.vector")[j] * Math.Tanh(sum)).Sum();
        }
        else
        {
            score = query.Select((q, j) => q * key[j]).Sum();
        }

        return _config.IsScaled ? score * All("decoder.attention.scale")[0] : score;
    }

    private (double[] H, double[] C) Cell(string name, double[] x, (double[] H, double[] C) state, double[] fed)
    {
        double[] gates = Add(Add(Times(x, $"{name}.input"), Times(state.H, $"{name}.recurrent")), All($"{name}.bias"));
        if (fed.Length > 0) gates = Add(gates, Times(fed, "decoder.feeding"));
        int n = state.H.Length;
        double[] c = [.. Enumerable.Range(0, n).Select(j =>
            (Sigmoid(gates[n + j]) * state.C[j]) + (Sigmoid(gates[j]) * Math.Tanh(gates[(2 * n) + j])))];
        return ([.. c.Select((value, j) => Sigmoid(gates[(3 * n) + j]) * Math.Tanh(value))], c);
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double[] Add(double[] a, double[] b) => [.. a.Select((value, i) => value + b[i])];

    // x [K] times a tensor [K, N].
    private double[] Times(double[] x, string name)
    {
        double[] w = All(name);
        int n = w.Length / x.Length;
        return [.. Enumerable.Range(0, n).Select(j => x.Select((value, k) => value * w[(k * n) + j]).Sum())];
    }

    private double[] All(string name) => model.Parameters[model.Layout.Tensors.First(slot => slot.Name == name)].ToArray().ToDoubles();
}
