using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tests;

/// <summary>What thresholds save and cost, measured against sessions that run beside each other.</summary>
public sealed class DeltaEvaluatorTests
{
    private static readonly DeltaThresholds _delta = new(0.2f, 0.05f);

    [Test]
    public async Task Of_a_language_model_it_is_what_two_sessions_give()
    {
        const int Vocabulary = 23, Length = 101;
        LanguageModel model = Cases.Model(Cases.Config(Vocabulary, 9, 17, 2));
        int[] text = [.. Enumerable.Range(0, Length).Select(t => (t * t / 3) % Vocabulary)];
        DeltaComparison<EvaluationResult> found = DeltaEvaluator.Compare(model, new TokenMemory(text), _delta);
        LanguageModelSession exact = new(model), delta = new(model, delta: _delta);
        double exactLoss = 0, deltaLoss = 0, largest = 0, sum = 0;
        for (int t = 0; t + 1 < Length; t++)
        {
            double[] p = Softmax(exact.Step(text[t])), q = Softmax(delta.Step(text[t]));
            (exactLoss, deltaLoss) = (exactLoss - Math.Log(p[text[t + 1]]), deltaLoss - Math.Log(q[text[t + 1]]));
            for (int i = 0; i < Vocabulary; i++)
            {
                double error = Math.Abs(p[i] - q[i]);
                (largest, sum) = (Math.Max(largest, error), sum + error);
            }
        }

        await Assert.That(found.Exact.Tokens).IsEqualTo(Length - 1);
        await Assert.That(found.Exact.NegativeLogLikelihood).IsEqualTo(exactLoss).Within(1e-4);
        await Assert.That(found.Delta.NegativeLogLikelihood).IsEqualTo(deltaLoss).Within(1e-4);
        await Assert.That(found.Error.Largest).IsEqualTo(largest).Within(1e-6).And.IsGreaterThan(1e-4);
        await Assert.That(found.Error.Count).IsEqualTo((Length - 1) * Vocabulary);
        await Assert.That(found.Error.Mean).IsEqualTo(sum / found.Error.Count).Within(1e-7);
        await Assert.That(found.Products.SequenceEqual(delta.CountDelta())).IsTrue();
        await Assert.That(found.SkippedShare).IsEqualTo(DeltaCount.SkippedShareOf(delta.CountDelta())).And.IsGreaterThan(0.05);
    }

    [Test]
    public async Task Of_a_regressor_it_is_what_two_sessions_give()
    {
        var regressor = new Regressor(Model(inputs: 1, outputs: 2, ReadOut.EveryStep), new SeriesForm
        {
            Inputs = ["y"], Targets = ["y"], Horizon = 2, PredictsChange = true,
            InputScales = [new(3, 2)], TargetScales = [new(1, 4)], OutputScales = [new(0, 1), new(0.5, 2)],
        });
        double[] column = [.. Enumerable.Range(0, 300).Select(t => 3 + (4 * Math.Sin(t * 0.17)))];
        SeriesPart part = new(new SeriesTable(["y"], [column]), 40, 250);
        DeltaComparison<RegressionResult> found = DeltaEvaluator.Compare(regressor, part, _delta);
        RegressorSession exact = new(regressor), delta = new(regressor, delta: _delta);
        double largest = 0, sum = 0;
        int count = 0;
        for (int row = 0; row < 288; row++)
        {
            double[] p = exact.Step([column[row]]).ToArray(), q = delta.Step([column[row]]).ToArray();

            // From the row before the part its first row is predicted.
            if (row < 39) continue;
            for (int step = 0; step < 2; step++, count++)
            {
                double error = Math.Abs(p[step] - q[step]) / 4;
                (largest, sum) = (Math.Max(largest, error), sum + error);
            }
        }

        await Assert.That(found.Exact).IsEqualTo(new RegressorEvaluator(regressor).Evaluate(part) with
        {
            PerTarget = found.Exact.PerTarget,
            PerStep = found.Exact.PerStep,
            Spreads = found.Exact.Spreads,
        });
        await Assert.That(found.Error.Count).IsEqualTo(count);
        await Assert.That(found.Error.Largest).IsEqualTo(largest).Within(1e-12).And.IsGreaterThan(1e-4);
        await Assert.That(found.Error.Mean).IsEqualTo(sum / count).Within(1e-12);
        await Assert.That(found.Delta.All.Model.Mse).IsNotEqualTo(found.Exact.All.Model.Mse);
        await Assert.That(found.Products.SequenceEqual(delta.CountDelta())).IsTrue();
    }

    [Test]
    public async Task Of_a_classifier_it_is_what_a_session_says_after_each_sequences_last_step()
    {
        var classifier = new Classifier(
            Model(inputs: 3, outputs: 2, ReadOut.Mean), new ClassifierForm
            {
                Labels = ["p", "q"], Inputs = ["a", "b", "c"], InputScales = [new(0, 1), new(0, 1), new(0, 1)],
            });
        double[][] rows =
        [
            .. Enumerable.Range(0, 20).Select(i => Enumerable.Range(0, 3 * (i % 7)).Select(at => Math.Sin((0.1 * at) + i)).ToArray()),
        ];
        var sequences = LabelledSequences.OfNumbers(3, rows, [.. rows.Select((_, i) => new[] { i % 2 })]);
        DeltaComparison<ClassificationResult> found = DeltaEvaluator.Compare(classifier, sequences, longest: 5, _delta);
        double[] exact = new ClassifierEvaluator(classifier, 5).Predict(sequences);
        var session = new ClassifierSession(classifier, 5, delta: _delta);
        double largest = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            session.Reset();
            ReadOnlySpan<double> own = rows[i].AsSpan(0, Math.Min(rows[i].Length, 15));
            double[] p = (own.IsEmpty ? session.Classify(own) : session.Run(own)).ToArray();
            for (int label = 0; label < 2; label++) largest = Math.Max(largest, Math.Abs(p[label] - exact[(2 * i) + label]));
        }

        await Assert.That(found.Exact.Loss).IsEqualTo(new ClassifierEvaluator(classifier, 5).Evaluate(sequences).Loss);
        await Assert.That(found.Error.Largest).IsEqualTo(largest).And.IsGreaterThan(1e-6);
        await Assert.That(found.Error.Count).IsEqualTo(2 * rows.Length);
        await Assert.That(found.Products.SequenceEqual(session.CountDelta())).IsTrue();
    }

    [Test]
    public async Task Thresholds_of_0_leave_no_error()
    {
        LanguageModel model = Cases.Model(Cases.Config(23, 9, 17, 2));
        int[] text = [.. Enumerable.Range(0, 50).Select(t => (t * 7) % 23)];
        DeltaComparison<EvaluationResult> found = DeltaEvaluator.Compare(model, new TokenMemory(text), default);
        await Assert.That(found.Error.Largest).IsEqualTo(0);
        await Assert.That(found.Delta).IsEqualTo(found.Exact);
        await Assert.That(found.Products).IsEmpty();
        await Assert.That(found.SkippedShare).IsEqualTo(0);
        await Assert.That(() => DeltaEvaluator.Compare(model, new TokenMemory(text), new(-1f))).Throws<ArgumentOutOfRangeException>();
    }

    private static SequenceModel Model(int inputs, int outputs, ReadOut readOut)
    {
        var model = new SequenceModel(new SequenceModelConfig
        {
            Body = new() { Cell = CellKind.Gru, InputSize = inputs, HiddenSize = 12, LayerCount = 2 },
            OutputSize = outputs,
            ReadOut = readOut,
        });
        int seed = 1;
        foreach (var slot in model.Layout.Tensors) Arrays.Uniform(seed++, slot.Length, 0.5f).CopyTo(model.Parameters[slot]);
        return model;
    }

    private static double[] Softmax(ReadOnlySpan<float> logits)
    {
        double[] e = new double[logits.Length];
        double sum = 0;
        for (int i = 0; i < e.Length; i++) sum += e[i] = Math.Exp(logits[i]);
        return Array.ConvertAll(e, value => value / sum);
    }
}
