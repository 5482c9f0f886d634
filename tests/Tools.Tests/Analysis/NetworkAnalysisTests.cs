using System.Text.Json;
using System.Xml.Linq;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;
using TinySD.Tools.Analysis;
using TinySD.Tools.Json;

namespace TinySD.Tools.Tests;

/// <summary>What analysis finds in networks that were trained on worlds whose geometry is known, in controls, and in networks written down
/// by hand.</summary>
public sealed class NetworkAnalysisTests
{
    [Test]
    [Arguments(2)]
    [Arguments(3)]
    [Arguments(4)]
    [Arguments(5)]
    [Arguments(6)]
    public async Task A_trained_network_has_a_dimension_less_than_classes_and_controls_have_more(int classes)
    {
        var world = new EvidenceWorld(classes);
        double simplex = VectorGeometry.SimplexAngle(classes);
        AnalysisFindings trained = world.Analyse(world.Train(CellKind.Gru, 5));
        await Assert.That(trained.Accuracy!.Value).IsGreaterThan(0.85);
        await Assert.That(trained.Components.Reaching(0.95)).IsEqualTo(classes - 1);
        await Assert.That(trained.Components.ParticipationRatio).IsBetween(0.75 * (classes - 1), (1.1 * (classes - 1)) + 0.1);
        await Assert.That(trained.Angles.Length).IsEqualTo(classes * (classes - 1) / 2);
        await Assert.That(trained.Angles.Max(angle => Math.Abs(angle - simplex))).IsLessThan(12);

        // The counts alone say as much.
        await Assert.That(trained.Counts!.ParticipationRatio).IsBetween((classes - 1) * 0.9, classes - 1 + 1e-9);
        await Assert.That(trained.Counts.ClassMeansParticipationRatio).IsBetween((classes - 1) * 0.9, classes - 1 + 1e-9);
        await Assert.That(trained.Counts.Accuracy).IsGreaterThan(0.85);
        AnalysisFindings untrained = world.Analyse(world.Train(CellKind.Gru, 0));
        await Assert.That(untrained.Components.Reaching(0.95)).IsGreaterThan(classes - 1);
        await Assert.That(untrained.Angles.Max(angle => Math.Abs(angle - simplex))).IsGreaterThan(12);
        await Assert.That(Shuffled().Components.Reaching(0.95)).IsGreaterThan(classes - 1);

        // It learns texts by heart, which takes many directions.
        AnalysisFindings Shuffled() => world.Analyse(
            world.Train(CellKind.Gru, 15, shuffled: true, texts: 1500, change: recipe => recipe with { WeightDecay = 0 }));
    }

    [Test]
    public async Task Three_classes_are_two_components_of_half_each_and_a_triangle()
    {
        var world = new EvidenceWorld(3);
        Classifier classifier = world.Train(CellKind.Gru, 5, change: recipe => recipe with { HiddenSize = 32, LearningRate = 0.003f });
        AnalysisFindings found = world.Analyse(classifier);
        await Assert.That(found.Accuracy!.Value).IsGreaterThan(0.97);
        await Assert.That(found.Components.Shares[0]).IsBetween(0.45, 0.57);
        await Assert.That(found.Components.Shares[1]).IsBetween(0.42, 0.5);
        await Assert.That(found.Components.Reaching(0.9)).IsEqualTo(2);
        await Assert.That(found.Angles.Max(angle => Math.Abs(angle - 120))).IsLessThan(3);

        // What is kept are two differences of evidence; everything else is forgotten soon. The slowest modes take up and move what is read.
        foreach (SlowPointSet set in found.SlowPoints)
        {
            await Assert.That(set.Quantile(0.5)).IsLessThan(1e-5);
            await Assert.That(set.Quantile(0)).IsLessThanOrEqualTo(set.Quantile(0.25));
            await Assert.That(set.Quantile(0.25)).IsLessThanOrEqualTo(set.Quantile(1));
            IReadOnlyList<PointMode> modes = set.Points[0].Modes!;
            await Assert.That(modes.Count).IsEqualTo(32);
            await Assert.That(modes[0].Eigenvalue.Magnitude).IsBetween(0.85, 1.15);
            await Assert.That(modes[2].TimeConstant).IsLessThan(5);
            await Assert.That(modes[1].TimeConstant).IsGreaterThan(2 * modes[2].TimeConstant);
            await Assert.That(modes[0].RightOverlap).IsGreaterThan(0.6);
        }

        // Evidence as the world has it, 2, 1, -1 and 0, in one scale for all.
        foreach (WordDeflection word in found.Words)
        {
            double change = AnalysisText.ChangeOf(world.Network(classifier), word, word.Token / 4);
            (double least, double most) =
                (word.Token % 4) switch { 0 => (1.0, 4.0), 1 => (0.4, 2.0), 2 => (-2.0, -0.4), _ => (-0.2, 0.2) };
            await Assert.That(change).IsBetween(least, most).Because(world.Words[word.Token]);
        }

        string[] strongest =
            [.. AnalysisText.Strongest(world.Network(classifier), found, 1, 2).Select(pair => world.Words[pair.Word.Token])];
        await Assert.That(string.Join(' ', strongest)).IsEqualTo("very1 some1");
    }

    [Test]
    public async Task An_untrained_network_forgets_at_once_and_rests_at_one_point()
    {
        var world = new EvidenceWorld(3);
        foreach (SlowPointSet set in world.Analyse(world.Train(CellKind.Lstm, 0)).SlowPoints)
        {
            await Assert.That(set.Distinct).IsEqualTo(1);
            await Assert.That(set.Points.Single().Point.Searches).IsEqualTo(64);
            await Assert.That(set.Points.Single().Modes!.Max(mode => mode.TimeConstant)).IsLessThan(3);
        }
    }

    [Test]
    [Arguments(CellKind.Lstm, 2)]
    [Arguments(CellKind.RnnTanh, 1)]
    public async Task All_parts_of_a_state_are_looked_at_with_the_same_bits_for_any_threads(CellKind cell, int layers)
    {
        var world = new EvidenceWorld(3);
        Classifier classifier = world.Train(cell, 1, layers: layers, texts: 200);
        string[] results =
            [.. new[] { 1, 2 }.Select(threads => Json(world.Network(classifier), world.Analyse(classifier, threads: threads)))];
        await Assert.That(results[1]).IsEqualTo(results[0]);
        using JsonDocument json = JsonDocument.Parse(results[0]);
        string parts = string.Join(' ', json.RootElement.GetProperty("parts").EnumerateArray()
            .Select(part => $"{part.GetProperty("state").GetString()}{part.GetProperty("layer").GetInt32()}"));
        await Assert.That(parts).IsEqualTo(cell == CellKind.Lstm ? "h0 h1 c0 c1" : "h0");
        foreach (string key in "components90 components95 components99 participationRatio readoutAngles slowPoints".Split(' '))
            await Assert.That(json.RootElement.TryGetProperty(key, out _)).IsTrue();
        int constants = json.RootElement.GetProperty("slowPoints")[0].GetProperty("timeConstants").GetArrayLength();
        await Assert.That(constants).IsEqualTo(16 * layers * (cell == CellKind.Lstm ? 2 : 1));
    }

    [Test]
    public async Task A_perfect_counter_never_forgets_and_its_infinity_is_null()
    {
        Classifier counter = Counter();
        var world = new EvidenceWorld(3);
        AnalysisFindings found = world.Analyse(counter);
        await Assert.That(found.Accuracy).IsEqualTo(1);
        await Assert.That(found.Angles.Max(angle => Math.Abs(angle - 120))).IsLessThan(1e-5);
        SlowPointSet set = found.SlowPoints[0];
        await Assert.That(set.Quantile(1)).IsEqualTo(0);
        foreach (StudiedPoint point in set.Points)
        {
            // A unit at 0 has no slope.
            int kept = point.Modes!.Count(mode => double.IsPositiveInfinity(mode.TimeConstant));
            await Assert.That(kept).IsEqualTo(point.Point.State.Count(value => value > 0));
            await Assert.That(point.Modes!.Count(mode => mode.TimeConstant == 0)).IsEqualTo(6 - kept);
        }

        await Assert.That(set.Points.Count(point => point.Point.State.Any(value => value > 0))).IsGreaterThan(0);
        foreach (WordDeflection word in found.Words)
        {
            double worth = new[] { 2.0, 1, 1, 0 }[word.Token % 4];
            await Assert.That(Math.Abs(word.Size - worth)).IsLessThan(1e-6);
            await Assert.That(Math.Abs(word.Outputs.Sum())).IsLessThan(1e-6);
        }

        string json = Json(world.Network(counter), found);
        await Assert.That(json).Contains("null");
        await Assert.That(json).DoesNotContain("Infinity");
        await Assert.That(json).DoesNotContain("NaN");
    }

    [Test]
    public async Task Of_two_directions_the_forward_one_is_looked_at_as_it_stands()
    {
        var world = new EvidenceWorld(3);
        (int[][] texts, int[][] labels) = world.Draw(4, 50);
        SequenceModel both = Model(RecurrentDirection.Bidirectional), forward = Model(RecurrentDirection.Forward);
        foreach (TensorSlot slot in forward.Layout.Tensors.Where(slot => !slot.Name.StartsWith("head", StringComparison.Ordinal)))
            both.Parameters[both.Layout.Tensors.First(own => own.Name == slot.Name)].CopyTo(forward.Parameters[slot]);
        both.Parameters[both.HeadWeight][..(5 * 3)].CopyTo(forward.Parameters[forward.HeadWeight]);
        both.Parameters[both.HeadBias].CopyTo(forward.Parameters[forward.HeadBias]);
        AnalysisFindings of2 = Analyse(both), of1 = Analyse(forward);
        await Assert.That(string.Join(' ', of2.Components.Variances)).IsEqualTo(string.Join(' ', of1.Components.Variances));
        await Assert.That(string.Join(' ', of2.Angles)).IsEqualTo(string.Join(' ', of1.Angles));
        await Assert.That(string.Join(' ', of2.SlowPoints[0].Q)).IsEqualTo(string.Join(' ', of1.SlowPoints[0].Q));

        // What the head makes of half a state is no answer.
        await Assert.That(of2.Accuracy).IsNull();
        await Assert.That(of1.Accuracy).IsNotNull();

        AnalysisFindings Analyse(SequenceModel model) => new NetworkAnalysis(
            new AnalysedModel(model, ["a", "b", "c"], ["a", "b", "c"], IsSoftmax: true, world.Words),
            AnalysedSequences.OfTokens(model, texts, [.. labels.Select(label => label[0])]),
            new AnalysisSettings { Starts = 8, Search = new SlowPointSettings { Updates = 50 } }, SingleThread.Instance, null,
            (_, _) => { }, default).Run();

        SequenceModel Model(RecurrentDirection direction)
        {
            var model = new SequenceModel(new SequenceModelConfig
            {
                Body = new RecurrentStackConfig { Cell = CellKind.Gru, InputSize = 4, HiddenSize = 5, Direction = direction },
                OutputSize = 3, VocabularySize = world.Vocabulary, ReadOut = ReadOut.Last,
            });
            model.Initialize(7, 0.5f);
            return model;
        }
    }

    [Test]
    public async Task The_page_needs_nothing_beside_itself_and_shows_any_name_as_it_is()
    {
        var world = new EvidenceWorld(3);
        Classifier classifier = world.Train(CellKind.Gru, 1, texts: 200);
        string[] words = [.. world.Words];
        words[0] = "<script>&\"";
        string[] names = ["<b>", "a&b", "\"c\""];
        AnalysedModel network = world.Network(classifier) with { Words = words, Outputs = names, Classes = names };
        using var writer = new StringWriter { NewLine = "\n" };
        new AnalysisPage("<model>.tsd", network, world.Analyse(classifier), [("<fact>", "&")], "tinysd analyze '<m>'").Write(writer);
        string page = writer.ToString();
        await Assert.That(page).DoesNotContain("<script");
        await Assert.That(page).DoesNotContain("<b>");
        await Assert.That(page).DoesNotContain("http");
        await Assert.That(page).DoesNotContain("NaN");
        int pictures = 0;
        for (int at = 0; (at = page.IndexOf("<svg", at, StringComparison.Ordinal)) >= 0; at++, pictures++)
        {
            int end = page.IndexOf("</svg>", at, StringComparison.Ordinal) + 6;
            XElement picture = XElement.Parse(page[at..end]);
            await Assert.That(picture.Elements().Count()).IsGreaterThan(5);
        }

        await Assert.That(pictures).IsEqualTo(9);
    }

    [Test]
    public async Task Sequences_beyond_the_limit_are_spread_over_the_data()
    {
        var world = new EvidenceWorld(3);
        Classifier classifier = Counter();
        int[][] texts = [.. Enumerable.Range(0, 100).Select(_ => new int[10])];
        int[] classes = [.. Enumerable.Range(0, 100).Select(i => i / 50)];
        var all = AnalysedSequences.OfTokens(classifier.Model, texts, classes);
        AnalysedSequences some = all.AtMost(205);
        await Assert.That(some.Steps).IsEqualTo(200);
        await Assert.That(Enumerable.Range(0, some.Count).Count(i => some.ClassOf(i) == 0)).IsEqualTo(10);
        await Assert.That(all.AtMost(1000)).IsSameReferenceAs(all);
        AnalysedSequences cut = all.AtMost(4);
        await Assert.That(cut.Count).IsEqualTo(1);
        await Assert.That(cut.LengthOf(0)).IsEqualTo(4);
    }

    [Test]
    [Arguments(RecurrentDirection.Forward)]
    [Arguments(RecurrentDirection.Reverse)]
    public async Task States_end_where_a_session_ends(RecurrentDirection direction)
    {
        const int Width = 3, Hidden = 6;
        var model = new SequenceModel(new SequenceModelConfig
        {
            Body = new RecurrentStackConfig
            {
                Cell = CellKind.Lstm, InputSize = Width, HiddenSize = Hidden, LayerCount = 2, Direction = direction,
            },
            OutputSize = 2, ReadOut = ReadOut.Last,
        });
        model.Initialize(3, 0.5f);
        var stack = new RecurrentStack(model.Config.Body);
        foreach (TensorSlot slot in stack.Layout.Tensors)
            model.Parameters[model.Layout.Tensors.First(own => own.Name == slot.Name)].CopyTo(stack.Parameters[slot]);
        var random = new Random(5);
        float[][] rows =
            [.. new[] { 4, 0, 7, 1, 7, 3 }.Select(t => Enumerable.Range(0, t * Width).Select(_ => random.NextSingle() - 0.5f).ToArray())];
        var map = new StateMap(model, 4);
        var last = new Dictionary<int, float[]>();
        int[] seen = new int[rows.Length];
        bool isReverse = direction == RecurrentDirection.Reverse;
        StateWalk.Run(map, AnalysedSequences.OfRows(model, rows, []), isReverse, (moment, state) =>
        {
            if (moment.Step != ++seen[moment.Sequence]) throw new InvalidOperationException("a step was left out");
            if (moment.IsLast) last.Add(moment.Sequence, state.ToArray());
        });
        await Assert.That(string.Join(' ', seen)).IsEqualTo("4 0 7 1 7 3");
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i].Length == 0) continue;
            var session = new RecurrentSession(stack, 1, 7);
            session.Run(rows[i], new float[rows[i].Length / Width * Hidden]);
            float[] h = new float[2 * Hidden], c = new float[2 * Hidden];
            session.CopyState(h, c);
            await Assert.That(last[i].AsSpan().SequenceEqual([.. h, .. c])).IsTrue();
        }
    }

    // Adds evidence for and against each class up in units of their own, and reads the difference to the mean.
    private static Classifier Counter()
    {
        var model = new SequenceModel(new SequenceModelConfig
        {
            Body = new RecurrentStackConfig { Cell = CellKind.RnnRelu, InputSize = 6, HiddenSize = 6 },
            OutputSize = 3, VocabularySize = 12, ReadOut = ReadOut.Last,
        });
        foreach (TensorSlot slot in model.Layout.Tensors.Where(slot => slot.Name is "rnn.0.input" or "rnn.0.recurrent"))
        {
            for (int i = 0; i < 6; i++) model.Parameters[slot][(i * 6) + i] = 1;
        }

        for (int k = 0; k < 3; k++)
        {
            Span<float> table = model.Parameters[model.Embedding!];
            table[(4 * k * 6) + k] = 2;
            table[(((4 * k) + 1) * 6) + k] = 1;
            table[(((4 * k) + 2) * 6) + 3 + k] = 1;
            for (int o = 0; o < 3; o++)
            {
                float weight = (o == k ? 1 : 0) - (1 / 3f);
                model.Parameters[model.HeadWeight][(k * 3) + o] = weight;
                model.Parameters[model.HeadWeight][((3 + k) * 3) + o] = -weight;
            }
        }

        return new Classifier(model, new ClassifierForm { Labels = ["0", "1", "2"] });
    }

    private static string Json(AnalysedModel network, AnalysisFindings found)
    {
        using var writer = new StringWriter();
        CliJson.Write(writer, AnalysisResult.From("m.tsd", "classifier", network, found));
        return writer.ToString();
    }
}
