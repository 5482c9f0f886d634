using System.Text;
using TinySD.Formats.Container;
using TinySD.Formats.Models;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

namespace TinySD.Formats.Tests;

/// <summary>Saved states: whole, of the right model, or not taken at all. The rules of FORMAT.md, "Kind session-state".</summary>
public sealed class SessionStateFileTests
{
    private static readonly FileProblemKind[] _damage =
    [
        FileProblemKind.PrologueDamaged, FileProblemKind.TransferDamage, FileProblemKind.HeaderDamaged, FileProblemKind.TensorDamaged,
        FileProblemKind.PaddingDamaged,
    ];

    [Test]
    public async Task A_text_goes_on_where_it_was_saved_from_a_file_and_from_memory()
    {
        using var folder = new TestFolder();
        LanguageModel model = Language();
        var session = new LanguageModelSession(model);
        var sampler = new TokenSampler(7, temperature: 1.3f, seed: 99);
        int token = Write(session, sampler, 0, 31)[^1];
        SessionStateFile.Save(folder["s.tsd"], session, sampler);
        byte[] bytes = SessionStateFile.ToBytes(session, sampler);
        await Assert.That(File.ReadAllBytes(folder["s.tsd"]).SequenceEqual(bytes)).IsTrue();
        int[] expected = Write(session, sampler, token, 40);
        foreach (bool fromMemory in (bool[])[false, true])
        {
            var other = new LanguageModelSession(model);
            var draws = new TokenSampler(7, temperature: 1.3f, seed: 1);
            if (fromMemory) SessionStateFile.Load(bytes, other, draws);
            else SessionStateFile.Load(folder["s.tsd"], other, draws);
            await Assert.That(Write(other, draws, token, 40).SequenceEqual(expected)).IsTrue();
        }

        static int[] Write(LanguageModelSession session, TokenSampler sampler, int token, int count)
        {
            int[] text = new int[count];
            for (int i = 0; i < count; i++) text[i] = token = sampler.Sample(session.Step(token));
            return text;
        }
    }

    [Test]
    public async Task What_is_learnt_on_a_device_goes_on_another_day()
    {
        using var folder = new TestFolder();
        LanguageModel model = Language();
        LanguageModelPersonalizer whole = Make(OptimizerKind.Adam), other = Make(OptimizerKind.Adam);
        for (int i = 0; i < 7; i++) whole.Step();
        SessionStateFile.Save(folder["p.tsd"], whole);
        SessionStateFile.Load(folder["p.tsd"], other);
        for (int i = 0; i < 7; i++) await Assert.That(other.Step()).IsEqualTo(whole.Step());
        await Assert.That(BytesOf(other).SequenceEqual(BytesOf(whole))).IsTrue();

        // Of another optimizer, of what is no personaliser, and damaged: refused, and nothing is learnt of it.
        byte[] before = BytesOf(other), bytes = File.ReadAllBytes(folder["p.tsd"]);
        foreach (IStreamingState wrong in (IStreamingState[])[Make(OptimizerKind.Sgd), new LanguageModelSession(model)])
        {
            await Assert.That(SessionStateFile.TryLoad(folder["p.tsd"], [wrong], out FileProblem? problem)).IsFalse();
            await Assert.That(problem!.Kind).IsEqualTo(FileProblemKind.DoesNotFit);
        }

        bytes[^100] ^= 1;
        File.WriteAllBytes(folder["d.tsd"], bytes);
        await Assert.That(SessionStateFile.TryLoad(folder["d.tsd"], [other], out FileProblem? damage)).IsFalse();
        await Assert.That(_damage.Contains(damage!.Kind)).IsTrue();
        await Assert.That(BytesOf(other).SequenceEqual(before)).IsTrue();

        LanguageModelPersonalizer Make(OptimizerKind optimizer)
        {
            LanguageModelRecipe recipe = new LanguageModelRecipe
            {
                Name = "mine", BatchSize = 2, Bptt = 3, Optimizer = optimizer, LearningRate = 0.01f,
            }.WithShapeOf(model.Config);
            var personal = new LanguageModelPersonalizer(model, recipe);
            personal.Use(new TokenMemory((int[])[.. Enumerable.Range(0, 60).Select(i => i * i % 7)]));
            return personal;
        }
    }

    [Test]
    public async Task Every_kind_of_session_goes_on_and_a_file_holds_many()
    {
        using var folder = new TestFolder();
        Func<IStreamingState[]> make = All();
        IStreamingState[] saved = make();
        Feed(saved);
        SessionStateFile.Save(folder["s.tsd"], saved);
        IStreamingState[] loaded = make();
        SessionStateFile.Load(folder["s.tsd"], loaded);
        for (int i = 0; i < saved.Length; i++) await Assert.That(BytesOf(loaded[i]).SequenceEqual(BytesOf(saved[i]))).IsTrue();
        using TsdFile file = TsdFile.Open(folder["s.tsd"]);
        await Assert.That(file.Kind).IsEqualTo("session-state");
        await Assert.That(file.Verify()).IsEmpty();
        await Assert.That(string.Join(' ', saved.Select(state => state.Kind)))
            .IsEqualTo("recurrent-stack language-model regressor classifier sampler");
    }

    [Test]
    public async Task Every_flipped_bit_and_every_cut_is_refused_and_nothing_is_touched()
    {
        RecurrentStack stack = Stack();
        RecurrentSession saved = new(stack, batch: 2), loaded = new(stack, batch: 2);
        saved.Step([1, 2, 3, 4], new float[4]);
        loaded.Step([9, 8, 7, 6], new float[4]);
        byte[] bytes = SessionStateFile.ToBytes(saved), before = BytesOf(loaded);
        List<string> wrong = [];
        for (int at = 0; at < 8 * bytes.Length; at++)
        {
            byte[] damaged = [.. bytes];
            damaged[at / 8] ^= (byte)(1 << (at % 8));
            FileProblem problem = Refused.By(() => SessionStateFile.Load(damaged, loaded));
            if (!_damage.Contains(problem.Kind)) wrong.Add($"bit {at}: {problem.Message}");
        }

        for (int length = 0; length < bytes.Length; length++) Refused.By(() => SessionStateFile.Load(bytes.AsMemory(0, length), loaded));
        await Assert.That(wrong).IsEmpty();
        await Assert.That(BytesOf(loaded).SequenceEqual(before)).IsTrue();
        SessionStateFile.Load(bytes, loaded);
        await Assert.That(BytesOf(loaded).SequenceEqual(BytesOf(saved))).IsTrue();
    }

    [Test]
    public async Task The_state_of_another_model_batch_or_kind_is_refused_by_name()
    {
        RecurrentStack stack = Stack(), other = Stack();
        other.Parameters[other.Layout.Tensors[1]][2] += 1e-3f;
        byte[] bytes = SessionStateFile.ToBytes(new RecurrentSession(stack, batch: 2));
        await Refuses("of another model: its numbers have checksum", new RecurrentSession(other, batch: 2));
        await Refuses("the state of 2 sequences; the session runs 3", new RecurrentSession(stack, batch: 3));
        await Refuses("the state of a recurrent-stack; that of a sampler is asked for", new TokenSampler(3));
        await Refuses("holds 1 state, and 2 are asked for", new RecurrentSession(stack, batch: 2), new TokenSampler(3));
        SessionStateFile.Load(bytes, new RecurrentSession(stack, batch: 2, maxTimeSteps: 9));

        // Equal numbers are an equal model, wherever they come from.
        SessionStateFile.Load(bytes, new RecurrentSession(Stack(), batch: 2));

        async Task Refuses(string says, params IStreamingState[] states)
        {
            FileProblem problem = Refused.By(() => SessionStateFile.Load(bytes, states));
            await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.DoesNotFit);
            await Assert.That(problem.Fault).IsEqualTo(Fault.Caller);
            await Assert.That(problem.Message).Contains(says);
        }
    }

    [Test]
    [Arguments("\"kind\":\"sampler\"", "\"kind\":\"sampled\"", FileProblemKind.DoesNotFit, "a sampled")]
    [Arguments("\"batch\":2", "\"batch\":0", FileProblemKind.StateInvalid, "the batch of state 0 is 0")]
    [Arguments("\"batch\":2", "\"batch\":2.5", FileProblemKind.HeaderInvalid, "states")]
    [Arguments("\"batch\":2,", "", FileProblemKind.HeaderInvalid, "batch")]
    [Arguments("\"model\":\"", "\"model\":\"g", FileProblemKind.StateInvalid, "32 hexadecimal digits")]
    [Arguments("\"model\":\"", "\"models\":\"", FileProblemKind.HeaderInvalid, "models")]
    [Arguments("\"name\":\"state.1\"", "\"name\":\"state.2\"", FileProblemKind.StateInvalid, "state 1 has no tensor 'state.1'")]
    [Arguments("\"session\":", "\"origin\":1,\"session\":", FileProblemKind.StateInvalid, "origin")]
    [Arguments("\"states\":", "\"stated\":", FileProblemKind.HeaderInvalid, "stated")]
    [Arguments("\"kind\":\"session-state\"", "\"kind\":\"recurrent-stack\"", FileProblemKind.WrongKind, "recurrent-stack")]
    [Arguments("{\"kind\":\"sampler\",\"batch\":1}", "null", FileProblemKind.StateInvalid, "state 1 is null")]
    [Arguments(",{\"kind\":\"sampler\",\"batch\":1}", "", FileProblemKind.StateInvalid, "1 state and 2 tensors")]
    public async Task A_broken_rule_is_named(string right, string wrong, FileProblemKind kind, string says)
    {
        byte[] whole = SessionStateFile.ToBytes(new RecurrentSession(Stack(), batch: 2), new TokenSampler(3));
        (string header, byte[] data) = TsdBytes.Split(whole);
        if (!header.Contains(right, StringComparison.Ordinal)) throw new InvalidOperationException($"{right} is not in {header}");
        byte[] bytes = TsdBytes.File(header.Replace(right, wrong, StringComparison.Ordinal), data);
        FileProblem problem = Refused.By(() => SessionStateFile.Load(bytes, new RecurrentSession(Stack(), batch: 2), new TokenSampler(3)));
        await Assert.That(problem.Kind).IsEqualTo(kind).Because(problem.Message);
        await Assert.That(problem.Message).Contains(says);
    }

    [Test]
    public async Task Where_one_of_two_is_no_state_neither_is_taken()
    {
        RecurrentStack stack = Stack();
        var saved = new RecurrentSession(stack);
        saved.Step([1, 2], new float[2]);
        (string header, byte[] data) = TsdBytes.Split(SessionStateFile.ToBytes(saved, new TokenSampler(3)));
        int at = data.Length - 64;
        string before = TsdBytes.Hash(data.AsSpan(at, 32));
        data[at + 31] = 0x80;
        byte[] bytes = TsdBytes.File(header.Replace(before, TsdBytes.Hash(data.AsSpan(at, 32)), StringComparison.Ordinal), data);
        var session = new RecurrentSession(stack);
        session.Step([5, 6], new float[2]);
        byte[] own = BytesOf(session);
        FileProblem problem = Refused.By(() => SessionStateFile.Load(bytes, session, new TokenSampler(3)));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.StateInvalid);
        await Assert.That((problem.Part, problem.Fault)).IsEqualTo(("state.1", Fault.File));
        await Assert.That(problem.Message).Contains("random words");
        await Assert.That(BytesOf(session).SequenceEqual(own)).IsTrue();
    }

    [Test]
    public async Task What_is_none_or_null_is_the_callers_fault()
    {
        using var folder = new TestFolder();
        await Assert.That(() => SessionStateFile.Save(folder["s.tsd"])).Throws<ArgumentException>();
        await Assert.That(() => SessionStateFile.ToBytes([null!])).Throws<ArgumentNullException>();
        await Assert.That(() => SessionStateFile.Save(null!, new TokenSampler(3))).Throws<ArgumentNullException>();
        await Assert.That(folder.Names()).IsEmpty();
        await Assert.That(Refused.By(() => SessionStateFile.Load(folder["none.tsd"], new TokenSampler(3))).Kind)
            .IsEqualTo(FileProblemKind.NotFound);
    }

    [Test]
    public async Task A_file_is_that_of_its_chapter()
    {
        RecurrentStack stack = Stack();
        var session = new RecurrentSession(stack);
        session.Step([1, 2], new float[2]);
        byte[] state = BytesOf(session), data = new byte[64];
        state.CopyTo(data, 0);
        string model = TsdBytes.Hash(Numbers(stack));
        string tensor = TsdBytes.Entry("state.0", $"[{state.Length / 4}]", 0, state.Length, TsdBytes.Hash(state));
        string states = $$"""[{"kind":"recurrent-stack","batch":1,"model":"{{model}}"}]""";
        string header = $$"""{"kind":"session-state","session":{"states":{{states}}},"tensors":[{{tensor}}]}""";
        await Assert.That(Encoding.UTF8.GetString(SessionStateFile.ToBytes(session)))
            .IsEqualTo(Encoding.UTF8.GetString(TsdBytes.File(header, data)));

        static byte[] Numbers(RecurrentStack stack) => [.. stack.Layout.Tensors.SelectMany(slot =>
            stack.Parameters[slot].ToArray().SelectMany(BitConverter.GetBytes))];
    }

    /// <summary>A session and a sampler, always the same.</summary>
    internal static IStreamingState[] Example()
    {
        var session = new RecurrentSession(Stack(), batch: 2);
        session.Step([1, 2, 3, 4], new float[4]);
        var sampler = new TokenSampler(3);
        sampler.Sample(new float[3]);
        return [session, sampler];
    }

    private static Func<IStreamingState[]> All()
    {
        RecurrentStack stack = Stack();
        LanguageModel language = Language();
        var form = new SeriesForm
        {
            Inputs = ["a"], Targets = ["a"], LinearRows = 2,
            InputScales = [new(1, 2)], TargetScales = [new(1, 2)], OutputScales = [new(0, 1)],
        };
        var config = new SequenceModelConfig
        {
            Body = new() { Cell = CellKind.Lstm, InputSize = 1, HiddenSize = 3, LayerCount = 1 }, OutputSize = 1, LinearRows = 2,
        };
        var regressor = new Regressor(new SequenceModel(config), form);
        regressor.Model.Initialize(1, 0.5f);
        var classifier = new Classifier(
            new SequenceModel(config with { OutputSize = 2, LinearRows = 0, ReadOut = ReadOut.Mean, VocabularySize = 4 }),
            new ClassifierForm { Labels = ["a", "b"] });
        classifier.Model.Initialize(1, 0.5f);
        return () =>
        [
            new RecurrentSession(stack, batch: 3), new LanguageModelSession(language, batch: 2), new RegressorSession(regressor),
            new ClassifierSession(classifier, longest: 5, batch: 2), new TokenSampler(7),
        ];
    }

    private static void Feed(IStreamingState[] states)
    {
        ((RecurrentSession)states[0]).Run([.. Enumerable.Range(0, 12).Select(i => (float)i)], new float[12]);
        ((LanguageModelSession)states[1]).Run([1, 2, 3, 4]);
        ((RegressorSession)states[2]).Run([1, 2, double.NaN, 4]);
        ((ClassifierSession)states[3]).Run([1, 2, 3, 1]);
        ((TokenSampler)states[4]).Sample(new float[7]);
    }

    private static byte[] BytesOf(IStreamingState state)
    {
        byte[] bytes = new byte[state.StateBytes];
        state.CopyState(bytes);
        return bytes;
    }

    private static RecurrentStack Stack()
    {
        var stack = new RecurrentStack(new() { Cell = CellKind.Lstm, InputSize = 2, HiddenSize = 2, LayerCount = 1 });
        Span<float> values = stack.Parameters.Values;
        for (int i = 0; i < values.Length; i++) values[i] = 0.01f * (i % 37);
        return stack;
    }

    private static LanguageModel Language()
    {
        var model = new LanguageModel(new() { VocabularySize = 7, EmbeddingSize = 3, HiddenSize = 5, LayerCount = 2 });
        model.Initialize(3, 0.8f);
        return model;
    }
}
