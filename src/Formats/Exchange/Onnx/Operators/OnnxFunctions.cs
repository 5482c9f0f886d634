using TinySD.Formats.Exchange.Onnx.Messages;

namespace TinySD.Formats.Exchange.Onnx.Operators;

/// <summary>Functions of one number, element by element; constants and defaults are those of the operators' public text.</summary>
internal static class OnnxFunctions
{
    // 2 / sqrt(pi) and sqrt(2 / pi).
    private const double ErfScale = 1.1283791670955126, GeluScale = 0.7978845608028654;

    /// <summary>By name.</summary>
    public static IEnumerable<KeyValuePair<string, OnnxOperator>> All { get; } =
    [
        new("Sqrt", call => Plain(call, Math.Sqrt)),
        new("Exp", call => Plain(call, Math.Exp)),
        new("Log", call => Plain(call, Math.Log)),
        new("Reciprocal", call => Plain(call, x => 1 / x)),
        new("Floor", call => Plain(call, Math.Floor)),
        new("Ceil", call => Plain(call, Math.Ceiling)),
        new("Round", call => Plain(call, Math.Round)),
        new("Sin", call => Plain(call, Math.Sin)),
        new("Cos", call => Plain(call, Math.Cos)),
        new("Tan", call => Plain(call, Math.Tan)),
        new("Atan", call => Plain(call, Math.Atan)),
        new("Sinh", call => Plain(call, Math.Sinh)),
        new("Cosh", call => Plain(call, Math.Cosh)),
        new("Tanh", call => Plain(call, Math.Tanh)),
        new("Sigmoid", call => Plain(call, Sigmoid)),
        new("Softplus", call => Plain(call, Softplus)),
        new("Softsign", call => Plain(call, x => x / (1 + Math.Abs(x)))),
        new("Erf", call => Plain(call, Erf)),
        new("Mish", call => Plain(call, x => x * Math.Tanh(Softplus(x)))),
        new("HardSwish", call => Plain(call, x => x * Math.Clamp((x / 6) + 0.5, 0, 1))),
        new("Swish", call => WithAlpha(call, 1f, (x, alpha) => x * Sigmoid(alpha * x))),
        new("Relu", call => Signed(call, x => x > 0 || double.IsNaN(x) ? x : 0, x => Math.Max(x, 0))),
        new("Neg", call => Signed(call, x => -x, x => unchecked(-x))),
        new("Abs", call => Signed(call, Math.Abs, x => x < 0 ? unchecked(-x) : x)),
        new("Sign", call => Signed(call, x => x > 0 ? 1 : x < 0 ? -1 : x, x => Math.Sign(x))),
        new("LeakyRelu", call => WithAlpha(call, 0.01f, (x, alpha) => x < 0 ? alpha * x : x)),
        new("Elu", call => WithAlpha(call, 1f, (x, alpha) => x < 0 ? alpha * (Math.Exp(x) - 1) : x)),
        new("Celu", call => WithAlpha(call, 1f, (x, alpha) => x < 0 ? alpha * (Math.Exp(x / alpha) - 1) : x)),
        new("ThresholdedRelu", call => WithAlpha(call, 1f, (x, alpha) => x > alpha ? x : 0)),
        new("Selu", Selu),
        new("HardSigmoid", HardSigmoid),
        new("Gelu", Gelu),
        new("Clip", Clip),
        new("IsNaN", IsNotANumber),
    ];

    /// <summary>A function of each number of floats.</summary>
    public static OnnxArray Mapped(OnnxCall call, OnnxArray input, Func<double, double> function)
    {
        OnnxArray result = call.Made(input.Type, input.Shape.AsSpan());
        if (result.Doubles is { } doubles)
        {
            for (int i = 0; i < doubles.Length; i++) doubles[i] = function(input.Doubles![i]);
        }
        else
        {
            float[] from = input.Floats!, to = result.Floats!;
            for (int i = 0; i < to.Length; i++) to[i] = OnnxDataType.Rounded(input.Type, (float)function(from[i]));
        }

        return result;
    }

    private static OnnxArray[] Plain(OnnxCall call, Func<double, double> function)
    {
        call.Check();
        return [Mapped(call, call.Floating(0), function)];
    }

    private static OnnxArray[] Signed(OnnxCall call, Func<double, double> floats, Func<long, long> integers)
    {
        call.Check();
        OnnxArray input = call.Required(0);
        if (input.IsFloating) return [Mapped(call, input, floats)];
        long[] from = call.Integers(0);
        OnnxArray result = call.Made(input.Type, input.Shape.AsSpan());
        for (int i = 0; i < from.Length; i++) result.Integers![i] = OnnxDataType.Wrapped(input.Type, integers(from[i]));
        return [result];
    }

    private static OnnxArray[] WithAlpha(OnnxCall call, float missing, Func<double, double, double> function)
    {
        call.Check("alpha");
        double alpha = call.Number("alpha", missing);
        return [Mapped(call, call.Floating(0), x => function(x, alpha))];
    }

    private static OnnxArray[] Selu(OnnxCall call)
    {
        call.Check("alpha", "gamma");
        double alpha = call.Number("alpha", 1.67326319217681884765625f), gamma = call.Number("gamma", 1.05070102214813232421875f);
        return [Mapped(call, call.Floating(0), x => gamma * (x > 0 ? x : alpha * (Math.Exp(x) - 1)))];
    }

    private static OnnxArray[] HardSigmoid(OnnxCall call)
    {
        call.Check("alpha", "beta");
        double alpha = call.Number("alpha", 0.2f), beta = call.Number("beta", 0.5f);
        return [Mapped(call, call.Floating(0), x => double.IsNaN(x) ? x : Math.Clamp((alpha * x) + beta, 0, 1))];
    }

    private static OnnxArray[] Gelu(OnnxCall call)
    {
        call.Check("approximate");
        string kind = call.Text("approximate", "none");
        if (kind is not ("none" or "tanh")) call.Unsupported($"the approximation '{Words.Shown(kind)}'");
        return [Mapped(call, call.Floating(0), kind == "tanh"
            ? x => 0.5 * x * (1 + Math.Tanh(GeluScale * (x + (0.044715 * x * x * x))))
            : x => 0.5 * x * (1 + Erf(x / Math.Sqrt(2))))];
    }

    private static OnnxArray[] Clip(OnnxCall call)
    {
        call.Check("min", "max");
        OnnxArray input = call.Required(0);
        if (call.Opset < 11)
        {
            double low = call.Number("min", float.MinValue), high = call.Number("max", float.MaxValue);
            return [Mapped(call, call.Floating(0), x => Math.Min(Math.Max(x, low), high))];
        }

        OnnxArray result = input;
        if (Limit(1) is { } least)
            result = OnnxElementwise.Joined(call, result, least, (x, low) => double.IsNaN(x) ? x : Math.Max(x, low), Math.Max);
        if (Limit(2) is { } most)
            result = OnnxElementwise.Joined(call, result, most, (x, high) => double.IsNaN(x) ? x : Math.Min(x, high), Math.Min);
        return [result];

        OnnxArray? Limit(int index)
        {
            OnnxArray? limit = call.Optional(index);
            if (limit is not null && (limit.Length != 1 || limit.Type != input.Type))
                call.DoesNotFit($"input {index} must be one number of the input's type");
            return limit?.Reshaped();
        }
    }

    private static OnnxArray[] IsNotANumber(OnnxCall call)
    {
        call.Check();
        OnnxArray input = call.Floating(0), result = call.Made(OnnxDataType.Boolean, input.Shape.AsSpan());
        for (int i = 0; i < result.Length; i++) result.Integers![i] = double.IsNaN(input.At(i)) ? 1 : 0;
        return [result];
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double Softplus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));

    // The series of erf(x) exp(x^2), all of whose terms have one sign: nothing cancels (Abramowitz and Stegun 7.1.6).
    private static double Erf(double x)
    {
        if (double.IsNaN(x)) return x;
        if (Math.Abs(x) > 6) return Math.Sign(x);
        double term = x, sum = x;
        for (int n = 1; n < 200 && Math.Abs(term) > 1e-17 * Math.Abs(sum); n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return ErfScale * Math.Exp(-x * x) * sum;
    }
}
