namespace TinySD.Formats.Exchange.Parts;

/// <summary>The tensors of one direction of one layer of a stack, found by their declared order.</summary>
internal sealed record StackTensors(
    TensorSlot Input, TensorSlot Recurrent, TensorSlot Bias, TensorSlot? Peephole, TensorSlot? RecurrentBias)
{
    public static StackTensors Of(RecurrentStack stack, int layer, int direction)
    {
        IReadOnlyList<TensorSlot> tensors = stack.Layout.Tensors;
        int part = (layer * stack.Config.DirectionCount) + direction;
        int each = tensors.Count / (stack.Config.LayerCount * stack.Config.DirectionCount), first = part * each;
        return new StackTensors(Named(".input")!, Named(".recurrent")!, Named(".bias")!, Named(".peephole"), Named(".recurrentBias"));

        TensorSlot? Named(string end) =>
            tensors.Skip(first).Take(each).FirstOrDefault(slot => slot.Name.EndsWith(end, StringComparison.Ordinal));
    }
}
