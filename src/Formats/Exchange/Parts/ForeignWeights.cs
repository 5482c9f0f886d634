namespace TinySD.Formats.Exchange.Parts;

/// <summary>The order in which a format stacks the gates of a cell.</summary>
internal enum GateOrder
{
    /// <summary>i, f, g, o and r, z, n: PyTorch's, and TinySD's own.</summary>
    PyTorch,

    /// <summary>i, o, f, c and z, r, h; peepholes i, o, f.</summary>
    Onnx,
}

/// <summary>The tensors of one direction of one layer as PyTorch and ONNX hold them: output-major, two biases, gates in the format's
/// order.</summary>
/// <param name="Input">W [G H, I].</param>
/// <param name="Recurrent">R [G H, H].</param>
/// <param name="InputBias">[G H], or null for zeros.</param>
/// <param name="RecurrentBias">[G H], or null for zeros.</param>
/// <param name="Peephole">[3 H], or null.</param>
internal sealed record ForeignWeights(float[] Input, float[] Recurrent, float[]? InputBias, float[]? RecurrentBias, float[]? Peephole)
{
    // Where TinySD's gates i, f, g, o and r, z, n stand in the format's.
    private static ImmutableArray<int> PlacesOf(CellKind cell, GateOrder order) => (cell, order) switch
    {
        (CellKind.Lstm, GateOrder.Onnx) => [0, 2, 3, 1],
        (CellKind.Gru, GateOrder.Onnx) => [1, 0, 2],
        (CellKind.Lstm, _) => [0, 1, 2, 3],
        (CellKind.Gru, _) => [0, 1, 2],
        _ => [0],
    };

    private static ImmutableArray<int> PeepholePlaces(GateOrder order) => order == GateOrder.Onnx ? [0, 2, 1] : [0, 1, 2];

    /// <summary>Writes them into a stack: the one place where gates are put in order, weights turned and biases joined.</summary>
    /// <remarks>The two biases are added, since only their sum matters; the candidate of a GRU that resets after the product keeps them
    /// apart.</remarks>
    public void CopyTo(RecurrentStack stack, int layer, int direction, GateOrder order)
    {
        StackTensors names = StackTensors.Of(stack, layer, direction);
        ParameterBlock parameters = stack.Parameters;
        int hidden = stack.Config.HiddenSize;
        ImmutableArray<int> places = PlacesOf(stack.Config.Cell, order);
        TurnIn(Input, places, hidden, parameters[names.Input]);
        TurnIn(Recurrent, places, hidden, parameters[names.Recurrent]);
        Span<float> bias = parameters[names.Bias], recurrentBias = names.RecurrentBias is { } slot ? parameters[slot] : [];
        for (int gate = 0; gate < places.Length; gate++)
        {
            bool isApart = gate == 2 && !recurrentBias.IsEmpty;
            for (int j = 0; j < hidden; j++)
            {
                int from = (places[gate] * hidden) + j;
                float input = InputBias?[from] ?? 0f, recurrent = RecurrentBias?[from] ?? 0f;

                // A zero is not added: a sum would turn the sign of a negative zero, which shall come back as it was written.
                bias[(gate * hidden) + j] = isApart || recurrent == 0f ? input : input + recurrent;
                if (isApart) recurrentBias[j] = recurrent;
            }
        }

        if (Peephole is null) return;
        Span<float> peephole = parameters[names.Peephole!];
        ImmutableArray<int> peepholes = PeepholePlaces(order);
        for (int gate = 0; gate < peepholes.Length; gate++)
            Peephole.AsSpan(peepholes[gate] * hidden, hidden).CopyTo(peephole.Slice(gate * hidden, hidden));
    }

    /// <summary>Takes them out of a stack; the joined bias becomes the input's, and the recurrent one is zero but for a GRU's
    /// candidate.</summary>
    public static ForeignWeights From(RecurrentStack stack, int layer, int direction, GateOrder order)
    {
        StackTensors names = StackTensors.Of(stack, layer, direction);
        ParameterBlock parameters = stack.Parameters;
        int hidden = stack.Config.HiddenSize;
        ImmutableArray<int> places = PlacesOf(stack.Config.Cell, order);
        float[] inputBias = new float[places.Length * hidden], recurrentBias = new float[inputBias.Length];
        Span<float> bias = parameters[names.Bias];
        for (int gate = 0; gate < places.Length; gate++)
            bias.Slice(gate * hidden, hidden).CopyTo(inputBias.AsSpan(places[gate] * hidden));
        if (names.RecurrentBias is { } slot) parameters[slot].CopyTo(recurrentBias.AsSpan(places[2] * hidden));
        float[]? peephole = null;
        if (names.Peephole is { } diagonal)
        {
            peephole = new float[3 * hidden];
            ImmutableArray<int> peepholes = PeepholePlaces(order);
            for (int gate = 0; gate < peepholes.Length; gate++)
                parameters[diagonal].Slice(gate * hidden, hidden).CopyTo(peephole.AsSpan(peepholes[gate] * hidden));
        }

        return new ForeignWeights(
            TurnOut(parameters[names.Input], places, hidden), TurnOut(parameters[names.Recurrent], places, hidden),
            inputBias, recurrentBias, peephole);
    }

    // [G H, K] to [K, G H].
    private static void TurnIn(float[] from, ImmutableArray<int> places, int hidden, Span<float> to)
    {
        int columns = places.Length * hidden, inputs = to.Length / columns;
        for (int gate = 0; gate < places.Length; gate++)
        {
            for (int j = 0; j < hidden; j++)
            {
                ReadOnlySpan<float> row = from.AsSpan(((places[gate] * hidden) + j) * inputs, inputs);
                for (int k = 0; k < inputs; k++) to[(k * columns) + (gate * hidden) + j] = row[k];
            }
        }
    }

    // [K, G H] to [G H, K].
    private static float[] TurnOut(ReadOnlySpan<float> from, ImmutableArray<int> places, int hidden)
    {
        int columns = places.Length * hidden, inputs = from.Length / columns;
        float[] to = new float[from.Length];
        for (int gate = 0; gate < places.Length; gate++)
        {
            for (int j = 0; j < hidden; j++)
            {
                Span<float> row = to.AsSpan(((places[gate] * hidden) + j) * inputs, inputs);
                for (int k = 0; k < inputs; k++) row[k] = from[(k * columns) + (gate * hidden) + j];
            }
        }

        return to;
    }
}

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
