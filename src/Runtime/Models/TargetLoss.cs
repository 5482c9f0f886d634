using System.Diagnostics;

namespace TinySD.Runtime.Models;

/// <summary>The losses of outputs that have a target each.</summary>
/// <remarks>In double precision and in order, on the caller's thread: outputs are few beside what makes them.</remarks>
internal static class TargetLoss
{
    /// <summary>The sum of the losses of all targets, which is returned; with a scale other than 0, outputs become its gradient times that
    /// scale.</summary>
    /// <param name="loss">Which; none of labels.</param>
    /// <param name="delta">Where Huber's loss becomes straight.</param>
    /// <param name="outputs">[rows][<paramref name="stride"/>], of which the first <paramref name="count"/> of a row are outputs.</param>
    /// <param name="count">Outputs O of a row.</param>
    /// <param name="stride">Floats of a row.</param>
    /// <param name="targets">[rows][O]; what is not a number counts for nothing.</param>
    /// <param name="weights">What each of the O outputs counts, or empty for 1.</param>
    /// <param name="gradientScale">0 to leave the outputs as they are.</param>
    public static double Of(
        SequenceLoss loss, float delta, Span<float> outputs, int count, int stride, ReadOnlySpan<float> targets,
        ReadOnlySpan<float> weights, float gradientScale)
    {
        Debug.Assert(targets.Length % count == 0 && loss != SequenceLoss.CrossEntropy);
        double sum = 0;
        for (int row = 0; row * count < targets.Length; row++)
        {
            Span<float> output = outputs.Slice(row * stride, count);
            ReadOnlySpan<float> target = targets.Slice(row * count, count);
            for (int i = 0; i < count; i++)
            {
                double gradient = 0, weight = weights.IsEmpty ? 1 : weights[i];
                if (!float.IsNaN(target[i])) sum += weight * Of(loss, delta, output[i], target[i], out gradient);
                if (gradientScale != 0f) output[i] = (float)(gradientScale * weight * gradient);
            }
        }

        return sum;
    }

    /// <summary>One loss and its derivative by the output.</summary>
    public static double Of(SequenceLoss loss, double delta, double output, double target, out double gradient)
    {
        double error = output - target, size = Math.Abs(error), sign = Math.Sign(error);
        switch (loss)
        {
            case SequenceLoss.Squared:
                gradient = 2 * error;
                return error * error;
            case SequenceLoss.Absolute:
                gradient = sign;
                return size;
            case SequenceLoss.Huber:
                gradient = size <= delta ? error : delta * sign;
                return size <= delta ? 0.5 * error * error : delta * (size - (0.5 * delta));
            default:
                // log(1 + e^z) - y z, in the form that neither overflows nor cancels.
                double small = PortableMath.Exp(-Math.Abs(output)), probability = output >= 0 ? 1 / (1 + small) : small / (1 + small);
                gradient = probability - target;
                return Math.Max(output, 0) - (output * target) + PortableMath.Log(1 + small);
        }
    }
}
