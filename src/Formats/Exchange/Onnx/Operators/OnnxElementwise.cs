using TinySD.Formats.Exchange.Onnx.Messages;

namespace TinySD.Formats.Exchange.Onnx.Operators;

/// <summary>Operators of two and more numbers, element by element, shapes fitted together as numpy has it.</summary>
internal static class OnnxElementwise
{
    /// <summary>By name.</summary>
    /// <remarks>One operation on floats, made in double and rounded to float, is the float's own result: a double has more than twice the
    /// digits and two more.</remarks>
    public static IEnumerable<KeyValuePair<string, OnnxOperator>> All { get; } =
    [
        new("Add", call => Arithmetic(call, (a, b) => a + b, (a, b) => a + b)),
        new("Sub", call => Arithmetic(call, (a, b) => a - b, (a, b) => a - b)),
        new("Mul", call => Arithmetic(call, (a, b) => a * b, (a, b) => a * b)),
        new("Div", call => Arithmetic(call, (a, b) => a / b, (a, b) => Divided(call, a, b))),
        new("Mod", Modulo),
        new("Pow", Power),
        new("PRelu", call => Arithmetic(call, (a, b) => a < 0 ? a * b : a, (a, b) => a < 0 ? a * b : a)),
        new("Min", call => Folded(call, (a, b) => double.IsNaN(a) || double.IsNaN(b) ? double.NaN : Math.Min(a, b), Math.Min)),
        new("Max", call => Folded(call, (a, b) => double.IsNaN(a) || double.IsNaN(b) ? double.NaN : Math.Max(a, b), Math.Max)),
        new("Sum", call => Folded(call, (a, b) => a + b, (a, b) => a + b)),
        new("Mean", Mean),
        new("Equal", call => Compared(call, (a, b) => a == b, (a, b) => a == b)),
        new("Less", call => Compared(call, (a, b) => a < b, (a, b) => a < b)),
        new("LessOrEqual", call => Compared(call, (a, b) => a <= b, (a, b) => a <= b)),
        new("Greater", call => Compared(call, (a, b) => a > b, (a, b) => a > b)),
        new("GreaterOrEqual", call => Compared(call, (a, b) => a >= b, (a, b) => a >= b)),
        new("And", call => Logical(call, (a, b) => a & b)),
        new("Or", call => Logical(call, (a, b) => a | b)),
        new("Xor", call => Logical(call, (a, b) => a ^ b)),
        new("Not", Not),
    ];

    public static OnnxArray[] Where(OnnxCall call)
    {
        call.Check();
        OnnxArray condition = call.Required(0), first = call.Required(1), second = call.Required(2);
        if (condition.Type != OnnxDataType.Boolean)
            call.Invalid($"its condition is of {OnnxDataType.NameOf(condition.Type)}; bool was expected");
        call.CheckAlike(first, second);
        int[] shape = OnnxRepeating.Together(call, OnnxRepeating.Together(call, condition.Shape.AsSpan(), first.Shape.AsSpan()),
            second.Shape.AsSpan());
        long[] chosen = OnnxRepeating.Broadcast(call, condition, shape).Integers!;
        (first, second) = (OnnxRepeating.Broadcast(call, first, shape), OnnxRepeating.Broadcast(call, second, shape));
        OnnxArray result = call.Made(first.Type, shape);
        for (int i = 0; i < chosen.Length; i++) Array.Copy((chosen[i] != 0 ? first : second).Numbers, i, result.Numbers, i, 1);
        return [result];
    }

    /// <summary>Two arrays together.</summary>
    public static OnnxArray Joined(
        OnnxCall call, OnnxArray first, OnnxArray second, Func<double, double, double> floats, Func<long, long, long> integers)
    {
        call.CheckAlike(first, second);
        (int[] shape, int firstStep, int secondStep) = Fitted(call, ref first, ref second);
        OnnxArray result = call.Made(first.Type, shape);
        switch (result.Numbers)
        {
            case float[] to:
                float[] a = first.Floats!, b = second.Floats!;
                bool isRounded = first.Type != OnnxDataType.Binary32;
                for (int i = 0; i < to.Length; i++)
                {
                    float value = (float)floats(a[i * firstStep], b[i * secondStep]);
                    to[i] = isRounded ? OnnxDataType.Rounded(first.Type, value) : value;
                }

                break;
            case double[] to:
                for (int i = 0; i < to.Length; i++) to[i] = floats(first.Doubles![i * firstStep], second.Doubles![i * secondStep]);
                break;
            default:
                long[] whole = result.Integers!;
                for (int i = 0; i < whole.Length; i++)
                    whole[i] = OnnxDataType.Wrapped(first.Type, integers(first.Integers![i * firstStep], second.Integers![i * secondStep]));
                break;
        }

        return result;
    }

    private static OnnxArray[] Arithmetic(OnnxCall call, Func<double, double, double> floats, Func<long, long, long> integers)
    {
        call.Check();
        return [Joined(call, call.Numeric(0), call.Numeric(1), floats, integers)];
    }

    private static OnnxArray[] Folded(OnnxCall call, Func<double, double, double> floats, Func<long, long, long> integers)
    {
        call.Check();
        OnnxArray result = call.Numeric(0);
        for (int i = 1; i < call.Inputs.Length; i++) result = Joined(call, result, call.Numeric(i), floats, integers);
        return [result];
    }

    private static OnnxArray[] Mean(OnnxCall call)
    {
        int count = call.Inputs.Length;
        OnnxArray sum = Folded(call, (a, b) => a + b, (a, b) => a + b)[0];
        return [OnnxFunctions.Mapped(call, sum, value => value / count)];
    }

    private static OnnxArray[] Modulo(OnnxCall call)
    {
        call.Check("fmod");
        bool isSignOfFirst = call.Flag("fmod", false);
        if (!isSignOfFirst && call.Numeric(0).IsFloating) call.Invalid("floats are divided with fmod 1 only");
        return [Joined(call, call.Numeric(0), call.Numeric(1), (a, b) => a % b, Remainder)];

        long Remainder(long a, long b)
        {
            if (b == 0) call.DoesNotFit("it divides by 0");
            if (b == -1) return 0;
            long rest = a % b;
            return isSignOfFirst || rest == 0 || rest < 0 == b < 0 ? rest : rest + b;
        }
    }

    // The exponent may be of another type than the base, whose type the result has.
    private static OnnxArray[] Power(OnnxCall call)
    {
        call.Check();
        OnnxArray first = call.Numeric(0), second = call.Numeric(1);
        (int[] shape, int firstStep, int secondStep) = Fitted(call, ref first, ref second);
        OnnxArray result = call.Made(first.Type, shape);
        for (int i = 0; i < result.Length; i++)
            result.Put(i, Math.Pow(first.At(i * firstStep), second.At(i * secondStep)));
        return [result];
    }

    private static OnnxArray[] Compared(OnnxCall call, Func<double, double, bool> floats, Func<long, long, bool> integers)
    {
        call.Check();
        OnnxArray first = call.Required(0), second = call.Required(1);
        call.CheckAlike(first, second);
        (int[] shape, int firstStep, int secondStep) = Fitted(call, ref first, ref second);
        OnnxArray result = call.Made(OnnxDataType.Boolean, shape);
        long[] to = result.Integers!;
        for (int i = 0; i < to.Length; i++)
        {
            int a = i * firstStep, b = i * secondStep;
            bool holds = first.Numbers switch
            {
                float[] f => floats(f[a], second.Floats![b]),
                double[] d => floats(d[a], second.Doubles![b]),
                _ => integers(first.Integers![a], second.Integers![b]),
            };
            to[i] = holds ? 1 : 0;
        }

        return [result];
    }

    private static OnnxArray[] Logical(OnnxCall call, Func<long, long, long> of)
    {
        call.Check();
        return [Joined(call, Boolean(call, 0), Boolean(call, 1), (_, _) => 0, of)];
    }

    private static OnnxArray[] Not(OnnxCall call)
    {
        call.Check();
        OnnxArray input = Boolean(call, 0), result = call.Made(OnnxDataType.Boolean, input.Shape.AsSpan());
        for (int i = 0; i < result.Length; i++) result.Integers![i] = 1 - input.Integers![i];
        return [result];
    }

    private static OnnxArray Boolean(OnnxCall call, int index)
    {
        OnnxArray input = call.Required(index);
        if (input.Type != OnnxDataType.Boolean) call.Invalid($"input {index} is of {OnnxDataType.NameOf(input.Type)}; bool was expected");
        return input;
    }

    // The shape of both together, and how far to go in each from one element to the next: 0 where it is one number.
    private static (int[] Shape, int FirstStep, int SecondStep) Fitted(OnnxCall call, ref OnnxArray first, ref OnnxArray second)
    {
        int[] shape = OnnxRepeating.Together(call, first.Shape.AsSpan(), second.Shape.AsSpan());
        int firstStep = first.Length == 1 ? 0 : 1, secondStep = second.Length == 1 ? 0 : 1;
        if (firstStep > 0) first = OnnxRepeating.Broadcast(call, first, shape);
        if (secondStep > 0) second = OnnxRepeating.Broadcast(call, second, shape);
        return (shape, firstStep, secondStep);
    }

    private static long Divided(OnnxCall call, long a, long b)
    {
        if (b == 0) call.DoesNotFit("it divides by 0");
        return b == -1 ? unchecked(-a) : a / b;
    }
}
