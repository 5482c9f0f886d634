using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>A layer of each cell from given states, against what ONNX Runtime 1.31 computes for the same weights.</summary>
/// <remarks>There W, R and B are in ONNX's layouts and gate orders (LSTM i, o, f, c and peepholes i, o, f; GRU z, r, h with
/// linear_before_reset = 1; the recurrent bias of a GRU's h is ours, every other one is 0), so a gate in the wrong place here or
/// there would show.</remarks>
public sealed class RecurrentLayerTests
{
    private const int T = 3, B = 2, I = 2, H = 3;

    // h [T][H][B], and the last c [B][H].
    private static readonly Dictionary<(CellKind Kind, bool Peepholes), (float[] H, float[] C)> _expected = new()
    {
        [(CellKind.Lstm, false)] = (
            [
                -0.17302929f, -0.0049632066f, -0.0743894f, 0.1825805f, 0.05273682f, 0.037963994f, -0.35531053f, -0.10607729f, -0.014103552f,
                0.14533958f,
                -0.116249986f, 0.022181306f, -0.43833017f, -0.120958306f, 0.06292272f, 0.13944076f, -0.19513851f, 0.030983696f,
            ],
            [-0.7665787f, 0.1709231f, -0.29369083f, -0.23122698f, 0.49159738f, 0.051095672f]),
        [(CellKind.Lstm, true)] = (
            [
                -0.12707609f, -0.003350321f, -0.07478522f, 0.1606733f, 0.009434885f, 0.038292494f, -0.3304554f, -0.10117322f, -0.012869791f,
                0.12940963f,
                -0.13423617f, 0.022698613f, -0.4034413f, -0.11279003f, 0.059048016f, 0.120369956f, -0.20655285f, 0.032604046f,
            ],
            [-0.7102079f, 0.17095251f, -0.32041353f, -0.21913786f, 0.55449784f, 0.053742714f]),
        [(CellKind.Gru, false)] = (
            [
                -0.0062184334f, 0.284156f, -0.32866234f, 0.07989368f, 0.043946013f, -0.43637013f, -0.036617678f, -0.060948923f,
                -0.29659924f, 0.49477577f,
                -0.038132746f, -0.38187695f, -0.11584249f, -0.30424482f, -0.079754144f, 0.6982519f, -0.11509202f, -0.39545f,
            ],
            []),
        [(CellKind.RnnTanh, false)] = (
            [
                0.6959356f, 0.7481544f, -0.07796645f, -0.543687f, -0.6709671f, -0.50983f, 0.5391749f, 0.72728896f, -0.37153733f,
                -0.48415452f,
                -0.7670033f, -0.46670347f, 0.59292436f, 0.72215617f, -0.3337657f, -0.44026756f, -0.73505306f, -0.4169004f,
            ],
            []),
        [(CellKind.RnnRelu, false)] = (
            [
                0.859375f, 0.96875f, 0f, 0f, 0f, 0f, 0.9199219f, 0.93359375f, 0f, 0f, 0f, 0f, 0.92749023f, 0.9291992f, 0f, 0f, 0f, 0f,
            ],
            []),
    };

    public static IEnumerable<Func<(CellKind Kind, bool Peepholes)>> Cells() =>
        _expected.Keys.Select<(CellKind, bool), Func<(CellKind, bool)>>(cell => () => cell);

    [Test]
    [MethodDataSource(nameof(Cells))]
    public async Task Outputs_and_states_are_those_of_ONNX_Runtime(CellKind kind, bool peepholes)
    {
        (float[] h, float[] c) = _expected[(kind, peepholes)];
        foreach (int width in Cases.LaneWidths)
        {
            (RecurrentLayer layer, ParameterBlock parameters) = NewLayer(kind, peepholes, width, T);
            Start(layer);
            layer.Forward(parameters, Numbers(0, T * I * B), StepRows.Even(T, B));
            await Assert.That(Closeness.Furthest(layer.Outputs.ToArray(), h)).IsLessThan(1e-6).Because($"h, {width} lanes");
            await Assert.That(Closeness.Furthest(LastCell(layer), c)).IsLessThan(1e-6).Because($"c, {width} lanes");
        }
    }

    [Test]
    [MethodDataSource(nameof(Cells))]
    public async Task Single_steps_with_carried_state_give_the_window_s_bits(CellKind kind, bool peepholes)
    {
        (RecurrentLayer window, ParameterBlock parameters) = NewLayer(kind, peepholes, Cases.LaneWidths[^1], T);
        (RecurrentLayer single, _) = NewLayer(kind, peepholes, Cases.LaneWidths[^1], timeSteps: 1);
        float[] x = Numbers(0, T * I * B);
        Start(window);
        Start(single);
        window.Forward(parameters, x, StepRows.Even(T, B));
        for (int t = 0; t < T; t++)
        {
            single.Forward(parameters, x.AsSpan(t * I * B, I * B), StepRows.Even(1, B));
            single.Carry();
            await Assert.That(Arrays.FirstDifference(single.CarriedHidden, window.Outputs.Slice(t * H * B, H * B))).IsNull();
            int cell = window.Cells.Length / T;
            await Assert.That(Arrays.FirstDifference(single.CarriedCell, window.Cells.Slice(t * cell, cell))).IsNull();
        }
    }

    [Test]
    public async Task Only_an_LSTM_has_cell_states()
    {
        foreach ((CellKind kind, bool peepholes) in Cases.Cells)
        {
            (RecurrentLayer layer, ParameterBlock parameters) = NewLayer(kind, peepholes, Cases.LaneWidths[0], T);
            layer.Forward(parameters, Numbers(0, T * I * B), StepRows.Even(T, B));
            int rows = kind == CellKind.Lstm ? B * layer.CellStride : 0;
            await Assert.That((layer.CarriedCell.Length, layer.Cells.Length)).IsEqualTo((rows, T * rows));
            await Assert.That((layer.CarriedHidden.Length, layer.Outputs.Length)).IsEqualTo((H * B, T * H * B));
        }
    }

    [Test]
    public async Task Tensors_are_those_of_the_format_in_its_order()
    {
        string[] expected =
        [
            "lstm.0.input [2, 12], lstm.0.recurrent [3, 12], lstm.0.bias [12]",
            "lstm.0.input [2, 12], lstm.0.recurrent [3, 12], lstm.0.bias [12], lstm.0.peephole [9]",
            "gru.0.input [2, 9], gru.0.recurrent [3, 9], gru.0.bias [9], gru.0.recurrentBias [3]",
            "rnn.0.input [2, 3], rnn.0.recurrent [3, 3], rnn.0.bias [3]",
            "rnn.0.input [2, 3], rnn.0.recurrent [3, 3], rnn.0.bias [3]",
        ];
        for (int i = 0; i < expected.Length; i++)
        {
            LanguageModelConfig config = Cases.Config(4, I, H, 1).Of(Cases.Cells[i]);
            IEnumerable<TensorSlot> recurrent = new LanguageModel(config).Layout.Tensors.Skip(1).SkipLast(2);
            await Assert.That(string.Join(", ", recurrent.Select(slot => $"{slot.Name} [{string.Join(", ", slot.Shape)}]")))
                .IsEqualTo(expected[i]);
        }
    }

    // Numbers that are the same in every program: eighths, so that no sum of a few of them rounds.
    private static float[] Numbers(int tensor, int count) =>
        [.. Enumerable.Range(0, count).Select(k => ((((k * 7) + (tensor * 5)) % 13) - 6) / 8f)];

    private static (RecurrentLayer Layer, ParameterBlock Parameters) NewLayer(CellKind kind, bool peepholes, int width, int timeSteps)
    {
        var layout = new ParameterLayout();
        RecurrentSlots slots = RecurrentSlots.Add(layout, kind, peepholes, layer: 0, I, H);
        var parameters = new ParameterBlock(layout);
        TensorSlot?[] tensors = [slots.Input, slots.Recurrent, slots.Bias, slots.Peephole, slots.RecurrentBias];
        for (int i = 0; i < tensors.Length; i++)
        {
            if (tensors[i] is { } slot) Numbers(3 + i, slot.Length).CopyTo(parameters[slot]);
        }

        KernelSet kernels = KernelChoice.ForLaneWidth(width);
        var plan = new NetworkPlan(SingleThread.Instance, kernels);
        RecurrentLayer layer = RecurrentLayer.Create(slots, new WindowShape(B, timeSteps, Training: true), plan);
        plan.Take();
        layer.Update(parameters);
        return (layer, parameters);
    }

    private static void Start(RecurrentLayer layer)
    {
        Numbers(1, H * B).CopyTo(layer.CarriedHidden);
        if (layer.CarriedCell.IsEmpty) return;
        for (int b = 0; b < B; b++) Numbers(2, B * H).AsSpan(b * H, H).CopyTo(layer.CarriedCell[(b * layer.CellStride)..]);
    }

    private static float[] LastCell(RecurrentLayer layer)
    {
        if (layer.Cells.IsEmpty) return [];
        ReadOnlySpan<float> last = layer.Cells[((T - 1) * B * layer.CellStride)..];
        return [.. last[..H], .. last.Slice(layer.CellStride, H)];
    }
}
