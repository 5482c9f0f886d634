using TinySD.Formats.Exchange.Onnx.Messages;

namespace TinySD.Formats.Exchange.Onnx.Operators;

/// <summary>Operators that make numbers out of shapes, of nothing, or of another type.</summary>
internal static class OnnxShapes
{
    public static OnnxArray[] Shape(OnnxCall call)
    {
        call.Check("start", "end");
        OnnxArray input = call.Required(0);
        long rank = input.Rank, start = call.Whole("start", 0), end = call.Whole("end", rank);
        start = Math.Clamp(start < 0 ? start + rank : start, 0, rank);
        end = Math.Clamp(end < 0 ? end + rank : end, start, rank);
        long[] extents = [.. input.Shape.Skip((int)start).Take((int)(end - start)).Select(extent => (long)extent)];
        return [new OnnxArray(OnnxDataType.Integer64, [extents.Length], extents)];
    }

    public static OnnxArray[] Size(OnnxCall call)
    {
        call.Check();
        return [new OnnxArray(OnnxDataType.Integer64, [], new long[] { call.Required(0).Length })];
    }

    public static OnnxArray[] Constant(OnnxCall call)
    {
        call.Check("value", "value_int", "value_ints", "value_float", "value_floats");
        if (call.Node.Attributes.Count != 1) call.Invalid("exactly one value was expected");
        if (call.Attribute("value_int", OnnxAttributeType.Integer) is { } integer)
            return [new OnnxArray(OnnxDataType.Integer64, [], new[] { integer.Integer })];
        if (call.List("value_ints") is { } integers) return [new OnnxArray(OnnxDataType.Integer64, [integers.Length], integers)];
        if (call.Attribute("value_float", OnnxAttributeType.Float) is { } number)
            return [new OnnxArray(OnnxDataType.Binary32, [], new[] { number.Float })];
        if (call.Attribute("value_floats", OnnxAttributeType.Floats) is { } numbers)
            return [new OnnxArray(OnnxDataType.Binary32, [numbers.Floats.Length], numbers.Floats.ToArray())];
        OnnxTensor? value = call.Attribute("value", OnnxAttributeType.Tensor)?.Tensor;
        if (value is null) call.Invalid("its value is no tensor");
        call.Charge(value.Count);
        return [call.Run.Read(value)];
    }

    public static OnnxArray[] ConstantOfShape(OnnxCall call)
    {
        call.Check("value");
        OnnxArray value = call.Attribute("value", OnnxAttributeType.Tensor)?.Tensor is { } tensor
            ? call.Run.Read(tensor)
            : new OnnxArray(OnnxDataType.Binary32, [1], new float[1]);
        if (value.Length != 1) call.Invalid("its value must be one number");
        OnnxArray result = call.Made(value.Type, call.Extents(call.Integers(0)));
        for (int i = 0; i < result.Length; i++) Array.Copy(value.Numbers, 0, result.Numbers, i, 1);
        return [result];
    }

    public static OnnxArray[] Range(OnnxCall call)
    {
        call.Check("stash_type");
        OnnxArray start = call.Required(0), limit = call.Required(1), delta = call.Required(2);
        if (start.Length != 1 || limit.Length != 1 || delta.Length != 1 || limit.Type != start.Type || delta.Type != start.Type)
            call.DoesNotFit("start, limit and delta must be one number each, of one type");
        if (start.Integers is { } first)
        {
            (long from, long to, long step) = (first[0], limit.Integers![0], delta.Integers![0]);
            if (step == 0) call.DoesNotFit("delta is 0");
            var count = (Int128)to - from;
            count = step > 0 ? (count + step - 1) / step : (count + step + 1) / step;
            OnnxArray result = call.Made(start.Type, call.Extents([count < 0 ? 0 : count > int.MaxValue ? long.MaxValue : (long)count]));
            for (int i = 0; i < result.Length; i++) result.Integers![i] = from + (i * step);
            return [result];
        }

        double[] values = Array.ConvertAll(new[] { start, limit, delta }, value => value.At(0));
        double length = Math.Ceiling((values[1] - values[0]) / values[2]);
        if (values[2] == 0 || !double.IsFinite(length))
            call.DoesNotFit(string.Create(CultureInfo.InvariantCulture, $"{values[0]} to {values[1]} by {values[2]} is no range"));
        OnnxArray made = call.Made(start.Type, call.Extents([(long)Math.Clamp(length, 0, long.MaxValue / 2)]));
        for (int i = 0; i < made.Length; i++) made.Put(i, values[0] + (i * values[2]));
        return [made];
    }

    public static OnnxArray[] Cast(OnnxCall call)
    {
        call.Check("to", "saturate", "round_mode");
        return [Converted(call, call.Required(0), call.Whole("to", 0))];
    }

    public static OnnxArray[] CastLike(OnnxCall call)
    {
        call.Check("saturate", "round_mode");
        return [Converted(call, call.Required(0), call.Required(1).Type)];
    }

    /// <summary>Numbers as another type: floats lose their fraction as integers, integers wrap around, and what is not zero is
    /// true.</summary>
    public static OnnxArray Converted(OnnxCall call, OnnxArray input, long to)
    {
        bool isFloating = OnnxDataType.IsFloating(to);
        if (!isFloating && !OnnxDataType.IsInteger(to) && to != OnnxDataType.Boolean)
            call.Unsupported($"casting {OnnxDataType.NameOf(input.Type)} to {OnnxDataType.NameOf(to)}");
        if (to == input.Type) return input;
        if (call.Run.IsLook && input.IsTagged && input.IsFloating)
        {
            // Where a number came from is read off the number, which must not be rounded.
            if (!isFloating) call.Unsupported($"casting numbers that pass through the graph to {OnnxDataType.NameOf(to)}, in a stack,");
            call.Charge(input.Length);
            float[] tags = input.ToFloats();
            return new OnnxArray(to, input.Shape.AsSpan(), to == OnnxDataType.Binary64 ? Array.ConvertAll(tags, tag => (double)tag) : tags);
        }

        OnnxArray result = call.Made(to, input.Shape.AsSpan());
        for (int i = 0; i < result.Length; i++)
        {
            // An integer that a double does not hold is rounded once, not twice.
            if (result.Integers is { } integers)
                integers[i] = input.Integers is { } whole ? OnnxDataType.Wrapped(to, whole[i]) : Whole(input.At(i));
            else if (result.Floats is not null && input.Integers is { } from)
                result.Put(i, (float)from[i]);
            else
                result.Put(i, input.At(i));
        }

        return result;

        long Whole(double value) => to == OnnxDataType.Boolean ? value != 0 ? 1 : 0 : OnnxDataType.Wrapped(to, (long)value);
    }
}
