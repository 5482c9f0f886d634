namespace TinySD.Runtime.Kernels;

/// <summary>What an LSTM, GRU or RNN of the general kind, as ONNX defines them, differs in from the plain ones.</summary>
/// <param name="F">Of the gates: i, f and o of an LSTM, r and z of a GRU, the whole of an RNN.</param>
/// <param name="G">Of the candidate: g of an LSTM, n of a GRU.</param>
/// <param name="H">Of the cell on its way out of an LSTM.</param>
/// <param name="Clip">Sums are kept within [-clip, clip] before they are squashed; 0 for no limit.</param>
/// <param name="Coupled">An LSTM whose forget gate is 1 - i.</param>
internal readonly record struct CellVariant(Activation F, Activation G, Activation H, float Clip, bool Coupled);

/// <summary>Which part of which general cell.</summary>
internal enum VariantPart
{
    /// <summary>i = f(a_i + p_i c), f = f(a_f + p_f c) or 1 - i, g = g(a_g), c' = f c + i g, o = f(a_o + p_o c'), h' = o h(c').</summary>
    Lstm,

    /// <summary>h' = f(a).</summary>
    Rnn,

    /// <summary>
    /// A GRU whose reset gate acts on the product u = h U + b: r, z = f(a + u), n = g(a_n + r u_n), h' = (1 - z) n + z h.
    /// </summary>
    GruResetAfter,

    /// <summary>
    /// The first half of a GRU whose reset gate acts on h, u = h U: z stays in the row, and r h goes out, for n's product.
    /// </summary>
    GruGates,

    /// <summary>The second half, u = (r h) U_n: n = g(a_n + u), h' = (1 - z) n + z h.</summary>
    GruCandidate,
}

/// <summary>What a step of a general cell works on.</summary>
/// <remarks>
/// Rows of pre-activations A [B][Stride] hold runs of H floats, i f g o and r z n; U is [B][UStride]; C and CNext are [B][CStride]; Before
/// and After, of h or of r h, are unit-major, [H][B]; peepholes are p_i, p_f, p_o [3][H] or null. CNext may not be C, After not Before.
/// </remarks>
internal unsafe struct VariantStep
{
    public float* A, U, Peepholes, C, CNext, Before, After;
    public int Hidden, Batch, Stride, UStride, CStride;
}

/// <summary>The elementwise part of the general cells, for inference: the units [from, to) of every sequence.</summary>
/// <remarks>
/// Every sum is clipped before its function. ONNX, "LSTM", "GRU", "RNN", operator set 14. A number at a time: functions differ from model
/// to model, and the products are what costs.
/// </remarks>
internal static unsafe class VariantCell
{
    public static void Run(VariantPart part, in CellVariant variant, in VariantStep step, int from, int to)
    {
        int hidden = step.Hidden;
        for (int b = 0; b < step.Batch; b++)
        {
            for (int j = from; j < to; j++)
            {
                float* a = step.A + ((nint)b * step.Stride) + j, u = step.U + ((nint)b * step.UStride) + j;
                nint at = ((nint)j * step.Batch) + b;
                switch (part)
                {
                    case VariantPart.Lstm:
                        step.After[at] = Lstm(in variant, in step, a, ((nint)b * step.CStride) + j, j);
                        break;
                    case VariantPart.Rnn:
                        step.After[at] = Squash(variant.F, a[0], variant.Clip);
                        break;
                    case VariantPart.GruGates:
                        step.After[at] = Squash(variant.F, a[0] + u[0], variant.Clip) * step.Before[at];
                        a[hidden] = Squash(variant.F, a[hidden] + u[hidden], variant.Clip);
                        break;
                    case VariantPart.GruCandidate:
                        step.After[at] = Mix(a[hidden], Squash(variant.G, a[2 * hidden] + u[0], variant.Clip), step.Before[at]);
                        break;
                    default:
                        float r = Squash(variant.F, a[0] + u[0], variant.Clip), z = Squash(variant.F, a[hidden] + u[hidden], variant.Clip);
                        float n = Squash(variant.G, a[2 * hidden] + (r * u[2 * hidden]), variant.Clip);
                        step.After[at] = Mix(z, n, step.Before[at]);
                        break;
                }
            }
        }
    }

    private static float Lstm(in CellVariant variant, in VariantStep step, float* gates, nint at, int j)
    {
        int hidden = step.Hidden;
        float* p = step.Peepholes + j;
        float cell = step.C[at], ai = gates[0], af = gates[hidden], ag = gates[2 * hidden], ao = gates[3 * hidden];
        if (step.Peepholes != null)
        {
            ai += p[0] * cell;
            af += p[hidden] * cell;
        }

        float i = Squash(variant.F, ai, variant.Clip);
        float f = variant.Coupled ? 1f - i : Squash(variant.F, af, variant.Clip);
        float updated = (f * cell) + (i * Squash(variant.G, ag, variant.Clip));
        if (step.Peepholes != null) ao += p[2 * hidden] * updated;
        step.CNext[at] = updated;
        return Squash(variant.F, ao, variant.Clip) * SquashingFunction.Apply(variant.H, updated);
    }

    private static float Mix(float z, float n, float h) => ((1f - z) * n) + (z * h);

    private static float Squash(Activation f, float x, float clip) =>
        SquashingFunction.Apply(f, clip > 0f ? Math.Clamp(x, -clip, clip) : x);
}
