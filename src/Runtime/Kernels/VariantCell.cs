using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Kernels;

/// <summary>What an LSTM, GRU or RNN of the general kind, as ONNX defines them, differs in from the plain ones.</summary>
/// <param name="F">Of the gates: i, f and o of an LSTM, r and z of a GRU, the whole of an RNN.</param>
/// <param name="G">Of the candidate: g of an LSTM, n of a GRU.</param>
/// <param name="H">Of the cell on its way out of an LSTM.</param>
/// <param name="Clip">Sums are kept within [-clip, clip] before they are squashed; 0 for no limit.</param>
/// <param name="Coupled">An LSTM whose forget gate is 1 - i.</param>
internal readonly record struct CellVariant(Activation F, Activation G, Activation H, float Clip, bool Coupled);

/// <summary>The elementwise part of the general cells, for inference: the units [from, to) of every sequence.</summary>
/// <remarks>
/// <para>
/// LSTM: i = f(a_i + p_i c), f = f(a_f + p_f c) or 1 - i, g = g(a_g), c' = f c + i g, o = f(a_o + p_o c'), h' = o h(c'). GRU: r, z = f(a),
/// h' = (1 - z) g(a_n) + z h. RNN: h' = f(a). Every sum is clipped before its function. ONNX, "LSTM", "GRU", "RNN", operator set 14.
/// </para>
/// <para>
/// Rows of pre-activations [B][stride] hold runs of H floats, i f g o and r z n; c and c' are [B][cStride]; h, h' and r h are unit-major,
/// [H][B]; peepholes are p_i, p_f, p_o [3][H] or null. A number at a time: functions differ from model to model, and the products are what
/// costs. c' may not be c, h' not h.
/// </para>
/// </remarks>
internal static unsafe class VariantCell
{
    /// <summary>One step of an LSTM.</summary>
    public static void Lstm(
        in CellVariant variant, float* a, int stride, int hidden, int batch, int from, int to,
        float* peepholes, float* c, float* cNext, int cStride, float* h)
    {
        for (int b = 0; b < batch; b++)
        {
            float* row = a + ((nint)b * stride), old = c + ((nint)b * cStride), next = cNext + ((nint)b * cStride);
            for (int j = from; j < to; j++)
            {
                float cell = old[j];
                float* gates = row + j;
                float ai = gates[0], af = gates[hidden], ag = gates[2 * hidden], ao = gates[3 * hidden];
                if (peepholes != null)
                {
                    ai += peepholes[j] * cell;
                    af += peepholes[hidden + j] * cell;
                }

                float i = Squash(variant.F, ai, variant.Clip);
                float f = variant.Coupled ? 1f - i : Squash(variant.F, af, variant.Clip);
                float g = Squash(variant.G, ag, variant.Clip);
                float updated = (f * cell) + (i * g);
                if (peepholes != null) ao += peepholes[(2 * hidden) + j] * updated;
                float o = Squash(variant.F, ao, variant.Clip);
                next[j] = updated;
                h[((nint)j * batch) + b] = o * SquashingFunction.Apply(variant.H, updated);
            }
        }
    }

    /// <summary>One step of an RNN.</summary>
    public static void Rnn(in CellVariant variant, float* a, int stride, int batch, int from, int to, float* h)
    {
        for (int b = 0; b < batch; b++)
        {
            float* row = a + ((nint)b * stride);
            for (int j = from; j < to; j++) h[((nint)j * batch) + b] = Squash(variant.F, row[j], variant.Clip);
        }
    }

    /// <summary>One step of a GRU whose reset gate acts on the recurrent product, u = h U_n + b: n = g(a_n + r u_n).</summary>
    public static void GruResetAfter(
        in CellVariant variant, float* a, float* u, int stride, int hidden, int batch, int from, int to, float* h, float* hNext)
    {
        for (int b = 0; b < batch; b++)
        {
            float* row = a + ((nint)b * stride), recurrent = u + ((nint)b * stride);
            for (int j = from; j < to; j++)
            {
                float r = Squash(variant.F, row[j] + recurrent[j], variant.Clip);
                float z = Squash(variant.F, row[hidden + j] + recurrent[hidden + j], variant.Clip);
                float n = Squash(variant.G, row[(2 * hidden) + j] + (r * recurrent[(2 * hidden) + j]), variant.Clip);
                nint at = ((nint)j * batch) + b;
                hNext[at] = ((1f - z) * n) + (z * h[at]);
            }
        }
    }

    /// <summary>The first half of a GRU whose reset gate acts on h: leaves z in the row, gives r h for the candidate's product.</summary>
    public static void GruGates(
        in CellVariant variant, float* a, int stride, float* u, int uStride, int hidden, int batch, int from, int to,
        float* h, float* resetH)
    {
        for (int b = 0; b < batch; b++)
        {
            float* row = a + ((nint)b * stride), recurrent = u + ((nint)b * uStride);
            for (int j = from; j < to; j++)
            {
                nint at = ((nint)j * batch) + b;
                resetH[at] = Squash(variant.F, row[j] + recurrent[j], variant.Clip) * h[at];
                row[hidden + j] = Squash(variant.F, row[hidden + j] + recurrent[hidden + j], variant.Clip);
            }
        }
    }

    /// <summary>The second half, u = (r h) U_n: n = g(a_n + u).</summary>
    public static void GruCandidate(
        in CellVariant variant, float* a, int stride, float* u, int uStride, int hidden, int batch, int from, int to,
        float* h, float* hNext)
    {
        for (int b = 0; b < batch; b++)
        {
            float* row = a + ((nint)b * stride), recurrent = u + ((nint)b * uStride);
            for (int j = from; j < to; j++)
            {
                float z = row[hidden + j], n = Squash(variant.G, row[(2 * hidden) + j] + recurrent[j], variant.Clip);
                nint at = ((nint)j * batch) + b;
                hNext[at] = ((1f - z) * n) + (z * h[at]);
            }
        }
    }

    private static float Squash(Activation f, float x, float clip) =>
        SquashingFunction.Apply(f, clip > 0f ? Math.Clamp(x, -clip, clip) : x);
}
