using TinySD.Formats.Exchange.Onnx.Messages;

namespace TinySD.Formats.Exchange.Onnx.Operators;

/// <summary>Operators that scale numbers by all along an axis.</summary>
internal static class OnnxNormalizing
{
    /// <summary>Softmax, or its logarithm. Before operator set 13, all axes from the one given on are taken as one.</summary>
    public static OnnxArray[] Softmax(OnnxCall call, bool isLogarithm)
    {
        call.Check("axis");
        OnnxArray input = call.Floating(0);
        bool isTogether = call.Opset < 13;
        long given = call.Whole("axis", isTogether ? 1 : -1);
        int axis = isTogether && given == input.Rank ? input.Rank : call.Axis(given, input.Rank);
        int[] axes = isTogether ? [.. Enumerable.Range(axis, input.Rank - axis)] : [axis];
        (int[] order, int count) = OnnxReducing.Last(input, axes);
        bool isTurned = !order.SequenceEqual(Enumerable.Range(0, input.Rank));
        OnnxArray rows = isTurned ? call.Permuted(input, order) : input, result = call.Made(input.Type, rows.Shape.AsSpan());
        double[] row = new double[count];
        for (int start = 0; start < result.Length; start += count)
        {
            double most = double.NegativeInfinity, sum = 0;
            for (int i = 0; i < count; i++) most = Math.Max(most, row[i] = rows.At(start + i));
            for (int i = 0; i < count; i++) sum += Math.Exp(row[i] - most);
            double logarithm = most + Math.Log(sum);
            for (int i = 0; i < count; i++) result.Put(start + i, isLogarithm ? row[i] - logarithm : Math.Exp(row[i] - most) / sum);
        }

        return [isTurned ? call.Permuted(result, [.. Enumerable.Range(0, input.Rank).Select(at => Array.IndexOf(order, at))]) : result];
    }

    public static OnnxArray[] LayerNormalization(OnnxCall call)
    {
        call.Check("axis", "epsilon", "stash_type");
        OnnxArray input = call.Floating(0);
        int axis = call.Axis(call.Whole("axis", -1), input.Rank);
        double epsilon = call.Number("epsilon", 1e-5f);
        int[] shape = [.. input.Shape[axis..]];
        int count = (int)OnnxArray.CountOf(shape);
        OnnxArray scale = Fitting(1)!;
        OnnxArray? bias = Fitting(2);
        OnnxArray result = call.Made(input.Type, input.Shape.AsSpan());
        int[] kept = [.. input.Shape.Select((extent, at) => at < axis ? extent : 1)];
        OnnxArray means = call.Made(OnnxDataType.Binary32, kept), deviations = call.Made(OnnxDataType.Binary32, kept);
        for (int start = 0, row = 0; start < result.Length; start += count, row++)
        {
            double mean = 0, variance = 0;
            for (int i = 0; i < count; i++) mean += input.At(start + i);
            mean /= count;
            for (int i = 0; i < count; i++) variance += (input.At(start + i) - mean) * (input.At(start + i) - mean);
            double inverse = 1 / Math.Sqrt((variance / count) + epsilon);
            for (int i = 0; i < count; i++)
                result.Put(start + i, ((input.At(start + i) - mean) * inverse * scale.At(i)) + (bias?.At(i) ?? 0));
            (means.Floats![row], deviations.Floats![row]) = ((float)mean, (float)inverse);
        }

        return [result, means, deviations];

        OnnxArray? Fitting(int index)
        {
            if (index == 2 && call.Optional(index) is null) return null;
            OnnxArray given = call.Floating(index);
            int[] together = OnnxRepeating.Together(call, shape, given.Shape.AsSpan());
            if (!together.AsSpan().SequenceEqual(shape))
                call.DoesNotFit($"input {index} {OnnxCall.Shown(given)} does not fit the axes {OnnxCall.Shown(input)} from {axis} on");
            return OnnxRepeating.Broadcast(call, given, shape);
        }
    }

    public static OnnxArray[] BatchNormalization(OnnxCall call)
    {
        call.Check("epsilon", "momentum", "spatial", "training_mode");
        if (call.Flag("training_mode", false) || call.Node.Outputs.Skip(1).Any(name => name.Length > 0)) call.Unsupported("training");
        if (!call.Flag("spatial", true)) call.Unsupported("spatial 0");
        OnnxArray input = call.Floating(0);
        double epsilon = call.Number("epsilon", 1e-5f);
        int channels = input.Rank > 1 ? input.Shape[1] : 1;
        OnnxArray[] given = [.. Enumerable.Range(1, 4).Select(call.Floating)];
        for (int i = 0; i < 4; i++)
        {
            if (given[i].Rank != 1 || given[i].Length != channels)
                call.DoesNotFit($"input {i + 1} is {OnnxCall.Shown(given[i])}; [{channels}] was expected");
        }

        OnnxArray result = call.Made(input.Type, input.Shape.AsSpan());
        int inner = input.Rank > 2 ? (int)OnnxArray.CountOf(input.Shape.AsSpan()[2..]) : 1;
        for (int i = 0; i < result.Length; i++)
        {
            int channel = i / inner % channels;
            double scaled = (input.At(i) - given[2].At(channel)) / Math.Sqrt(given[3].At(channel) + epsilon);
            result.Put(i, (scaled * given[0].At(channel)) + given[1].At(channel));
        }

        return [result];
    }
}
