using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Tests;

/// <summary>Copies of weights: one for all sessions of a model, as long as its parameters are what they were.</summary>
public sealed class PreparedRowsTests
{
    [Test]
    public async Task Twenty_sessions_of_a_model_take_one_copy_of_its_weights()
    {
        // 4096 columns collide in the caches: 16 MiB that are copied.
        var stack = new RecurrentStack(new() { Cell = CellKind.Lstm, InputSize = 8, HiddenSize = 1024, LayerCount = 1 });
        const long Copy = 1024L * 4096 * sizeof(float);
        await Assert.That(stack.PreparedFloats * (long)sizeof(float)).IsGreaterThanOrEqualTo(Copy);
        long start = GC.GetAllocatedBytesForCurrentThread();
        List<RecurrentSession> sessions = [new(stack)];
        long first = GC.GetAllocatedBytesForCurrentThread() - start;
        while (sessions.Count < 20) sessions.Add(new(stack));
        long others = GC.GetAllocatedBytesForCurrentThread() - start - first;
        await Assert.That(first).IsGreaterThan(Copy);
        await Assert.That(others).IsLessThan(19 * 200_000L);

        // As many again, of another kind of batch.
        start = GC.GetAllocatedBytesForCurrentThread();
        sessions.Add(new(stack, batch: 4));
        await Assert.That(GC.GetAllocatedBytesForCurrentThread() - start).IsLessThan(1_000_000L);
        GC.KeepAlive(sessions);
    }

    [Test]
    [MethodDataSource(nameof(Every))]
    public async Task A_session_asks_the_host_for_its_own_floats_only_and_the_model_for_the_copies(SessionCase of)
    {
        double[] expected = of.Run(of.Make(), 0, 5);
        List<int> asked = [];
        float[] copies = [];
        of.Prepare(floats =>
        {
            asked.Add(floats);
            return copies = GC.AllocateArray<float>(floats, pinned: true);
        });
        await Assert.That(string.Join(' ', asked)).IsEqualTo(of.PreparedFloats == 0 ? "" : $"{of.PreparedFloats}");
        List<int> own = [];
        StreamingSession session = of.Make(memory: floats =>
        {
            own.Add(floats);
            return new float[floats];
        });
        await Assert.That(of.Run(session, 0, 5).AsSpan().SequenceEqual(expected)).IsTrue();
        if (copies.Length == 0) return;

        // It reads what the host holds.
        await Assert.That(copies.AsSpan().ContainsAnyExcept(0f)).IsTrue();
        copies.AsSpan().Clear();
        session.Reset();
        await Assert.That(of.Run(session, 0, 5).AsSpan().SequenceEqual(expected)).IsFalse();

        // And a new one sees that this is not the model's any more.
        await Assert.That(of.Run(of.Make(), 0, 5).AsSpan().SequenceEqual(expected)).IsTrue();
        await Assert.That(() => of.Prepare(floats => new float[floats - 1])).Throws<ArgumentException>();
    }

    [Test]
    public async Task Parameters_that_changed_get_a_new_copy_and_older_sessions_keep_theirs()
    {
        var stack = new RecurrentStack(new() { Cell = CellKind.Gru, InputSize = 3, HiddenSize = 5, LayerCount = 1 });
        Arrays.Uniform(1, stack.Parameters.Values.Length, 0.4f).CopyTo(stack.Parameters.Values);
        float[] x = [1f, -2f, 3f], before = new float[5], after = new float[5], again = new float[5], renewed = new float[5];
        RecurrentSession older = new(stack), twin = new(stack);
        older.Step(x, before);
        foreach (TensorSlot slot in stack.Layout.Tensors)
            if (slot.Shape.Length == 2) stack.Parameters[slot][^1] += 1f;
        new RecurrentSession(stack).Step(x, after);
        older.Reset();
        older.Step(x, again);
        await Assert.That(Arrays.FirstDifference(again, before)).IsNull();
        await Assert.That(Arrays.FirstDifference(after, before)).IsNotNull();

        // Back again: a copy of the copy's bits.
        foreach (TensorSlot slot in stack.Layout.Tensors)
            if (slot.Shape.Length == 2) stack.Parameters[slot][^1] -= 1f;
        new RecurrentSession(stack).Step(x, renewed);
        twin.Step(x, again);
        await Assert.That(Closeness(renewed, before)).IsLessThan(1e-6);
        await Assert.That(Arrays.FirstDifference(again, before)).IsNull();

        static double Closeness(float[] a, float[] b) => a.Zip(b, (p, q) => Math.Abs(p - q)).Max();
    }

    [Test]
    public async Task A_change_of_sign_of_zero_is_a_change()
    {
        var block = new ParameterBlock(new ParameterLayout());
        var layout = new ParameterLayout();
        TensorSlot slot = layout.Add("w", 2, 3);
        block = new ParameterBlock(layout);
        WeightColumns columns = WeightColumns.All(slot);
        PreparedRows first = block.Prepared(columns, 16);
        await Assert.That(ReferenceEquals(block.Prepared(columns, 16), first)).IsTrue();
        block[slot][5] = -0f;
        PreparedRows second = block.Prepared(columns, 16);
        await Assert.That(ReferenceEquals(second, first)).IsFalse();
        await Assert.That(BitConverter.SingleToInt32Bits(second.Values[16 + 2])).IsEqualTo(int.MinValue);
        await Assert.That(BitConverter.SingleToInt32Bits(first.Values[16 + 2])).IsEqualTo(0);

        // A number that is none is equal to itself here.
        block[slot][0] = float.NaN;
        PreparedRows third = block.Prepared(columns, 16);
        await Assert.That(ReferenceEquals(block.Prepared(columns, 16), third)).IsTrue();
    }

    [Test]
    [NotInParallel]
    public async Task Threads_that_make_sessions_at_once_share_one_copy()
    {
        LanguageModel model = Cases.Model(Cases.Config(23, 9, 17, 2));
        PreparedRows?[] found = new PreparedRows?[8];
        float[][] logits = new float[found.Length][];
        Thread[] threads = [.. Enumerable.Range(0, found.Length).Select(i => new Thread(() =>
        {
            logits[i] = new LanguageModelSession(model).Step(3).ToArray();
            found[i] = model.Parameters.Prepared(WeightColumns.All(model.Classifier), Products.RowStride(23));
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        await Assert.That(found.Distinct().Count()).IsEqualTo(1);
        await Assert.That(found[0]).IsNotNull();
        foreach (float[] own in logits) await Assert.That(Arrays.FirstDifference(own, logits[0])).IsNull();
    }

    [Test]
    public async Task Where_rows_lie_as_products_read_them_nothing_is_copied()
    {
        var stack = new RecurrentStack(new() { Cell = CellKind.Lstm, InputSize = 8, HiddenSize = 64, LayerCount = 2 });
        await Assert.That(stack.PreparedFloats).IsEqualTo(0);
        stack.Prepare(floats => throw new InvalidOperationException($"asked for {floats}"));
        var odd = new RecurrentStack(new() { Cell = CellKind.Lstm, InputSize = 8, HiddenSize = 65, LayerCount = 1 });
        await Assert.That(odd.PreparedFloats).IsEqualTo((8 + 65) * 272);
    }

    public static IEnumerable<Func<SessionCase>> Every() => SessionCase.All();
}
