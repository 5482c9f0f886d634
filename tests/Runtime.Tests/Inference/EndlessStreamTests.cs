using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tests;

/// <summary>Streams that run for months: nothing grows, and a state that is saved and restored on the way changes nothing.</summary>
public sealed class EndlessStreamTests
{
    private const int Piece = 1000;

    [Test]
    [NotInParallel]
    public async Task Ten_million_steps_allocate_nothing_and_are_those_of_a_stream_that_is_saved_and_restored_at_every_thousandth()
    {
        const int Pieces = 10_000;
        var stack = new RecurrentStack(new() { Cell = CellKind.Gru, InputSize = 1, HiddenSize = 4, LayerCount = 1 });
        Arrays.Uniform(1, stack.Parameters.Values.Length, 0.8f).CopyTo(stack.Parameters.Values);
        var stream = new RecurrentSession(stack);
        RecurrentSession[] others = [new(stack, maxTimeSteps: 16), new(stack, maxTimeSteps: 16)];
        float[] input = new float[Piece], output = new float[4], outputs = new float[Piece * 4];
        byte[] state = new byte[stream.StateBytes], own = new byte[state.Length];
        int unlike = 0;
        GoOn(0);
        long allocated = GC.GetAllocatedBytesForCurrentThread(), held = GC.GetTotalMemory(forceFullCollection: true);
        for (int piece = 1; piece < Pieces; piece++) GoOn(piece);
        long taken = GC.GetAllocatedBytesForCurrentThread() - allocated;

        // A collection takes the rest of an allocation buffer away, which the counter takes for used: less than 8192 bytes, once.
        await Assert.That(taken).IsLessThan(8192);
        await Assert.That(GC.GetTotalMemory(forceFullCollection: true) - held).IsLessThan(100_000);
        await Assert.That(unlike).IsEqualTo(0);
        await Assert.That(output.Distinct().Count()).IsEqualTo(4);

        void GoOn(int piece)
        {
            for (int t = 0; t < Piece; t++) input[t] = ((((uint)((piece * Piece) + t) * 2654435761u) >> 16) / 32768f) - 1f;
            for (int t = 0; t < Piece; t++) stream.Step(input.AsSpan(t, 1), output);

            // The one that goes on has been somewhere else.
            RecurrentSession resumed = others[piece & 1];
            if (piece > 0) resumed.SetState(state);
            resumed.Run(input, outputs);
            resumed.CopyState(state);
            stream.CopyState(own);
            if (!state.AsSpan().SequenceEqual(own) || !output.AsSpan().SequenceEqual(outputs.AsSpan(^4..))) unlike++;
            others[~piece & 1].Step(input.AsSpan(0, 1), outputs.AsSpan(0, 4));
        }
    }

    [Test]
    [MethodDataSource(nameof(Every))]
    public async Task Of_every_kind_a_stream_saved_and_restored_at_every_thousandth_step_is_the_uninterrupted_one(SessionCase of)
    {
        StreamingSession stream = of.Make(2), saved = of.Make(2, 7);
        byte[] state = new byte[stream.StateBytes], own = new byte[stream.StateBytes];
        for (int piece = 0; piece < 5; piece++)
        {
            double[] expected = of.Run(stream, piece * Piece, Piece), found = of.Run(saved, piece * Piece, Piece);
            await Assert.That(found.AsSpan().SequenceEqual(expected)).IsTrue();
            saved.CopyState(state);
            stream.CopyState(own);
            await Assert.That(state.AsSpan().SequenceEqual(own)).IsTrue();
            saved = of.Make(2, piece + 1);
            saved.SetState(state);
        }
    }

    public static IEnumerable<Func<SessionCase>> Every() => SessionCase.All();
}
