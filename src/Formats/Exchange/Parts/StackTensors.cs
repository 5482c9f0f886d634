namespace TinySD.Formats.Exchange.Parts;

/// <summary>The tensors of one direction of one layer of a stack, found by their declared order.</summary>
internal sealed record StackTensors(TensorSlot Input, TensorSlot Recurrent, TensorSlot Bias, TensorSlot? Peephole, TensorSlot? RecurrentBias)
{
    public static StackTensors Of(RecurrentStack stack, int layer, int direction)
    {
        IReadOnlyList<TensorSlot> tensors = stack.Layout.Tensors;
        int part = (layer * stack.Config.DirectionCount) + direction;
        int each = tensors.Count / (stack.Config.LayerCount * stack.Config.DirectionCount), first = part * each;
        TensorSlot? Named(string end) => Enumerable.Range(first, each).Select(i => tensors[i]).FirstOrDefault(t => t.Name.EndsWith(end, StringComparison.Ordinal));
        return new StackTensors(Named(".input")!, Named(".recurrent")!, Named(".bias")!, Named(".peephole"), Named(".recurrentBias"));
    }
}
