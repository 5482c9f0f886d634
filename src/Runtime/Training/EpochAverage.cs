using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Training;

/// <summary>The mean of the parameters after the last epochs: those of the epochs before are kept, each in the place of the
/// oldest.</summary>
internal sealed class EpochAverage
{
    private readonly NamedBlock[] _earlier;
    private readonly ParameterBlock _mean;

    /// <summary>Takes memory for so many sets of parameters as epochs are averaged.</summary>
    /// <param name="count">At least 2.</param>
    /// <param name="layout">The parameters'.</param>
    /// <param name="memory">Gives the host's memory, or null to allocate.</param>
    public EpochAverage(int count, ParameterLayout layout, Func<int, Memory<float>>? memory)
    {
        _earlier = new NamedBlock[count - 1];
        for (int i = 0; i < _earlier.Length; i++)
            _earlier[i] = new NamedBlock($"epoch.{i}", new ParameterBlock(layout, memory.Take(layout.LengthFloats)), AreWeights: true);
        _mean = new ParameterBlock(layout, memory.Take(layout.LengthFloats));
    }

    /// <summary>What the mean depends on beside the parameters; the last of them may be written later.</summary>
    /// <param name="epochs">Epochs that are finished.</param>
    public ReadOnlySpan<NamedBlock> BlocksAfter(int epochs) => _earlier.AsSpan(0, Math.Min(epochs, _earlier.Length));

    /// <summary>The mean of the parameters and of those after the last epochs, in the order of the epochs.</summary>
    /// <param name="parameters">As they are.</param>
    /// <param name="epochs">Epochs before the one that they are of, all of whose parameters are kept.</param>
    public ParameterBlock MeanOf(ParameterBlock parameters, int epochs)
    {
        int first = Math.Max(0, epochs - _earlier.Length);
        float share = 1f / (epochs - first + 1);
        Span<float> mean = _mean.Values;
        mean.Clear();
        for (int epoch = first; epoch <= epochs; epoch++)
        {
            ReadOnlySpan<float> own = epoch == epochs ? parameters.Values : _earlier[epoch % _earlier.Length].Block.Values;
            for (int i = 0; i < mean.Length && i < own.Length; i++) mean[i] += own[i];
        }

        foreach (ref float value in mean) value *= share;
        return _mean;
    }

    /// <summary>Keeps the parameters after an epoch.</summary>
    /// <param name="parameters">As they are.</param>
    /// <param name="epoch">Counted from 0.</param>
    public void Keep(ParameterBlock parameters, int epoch) => parameters.Values.CopyTo(_earlier[epoch % _earlier.Length].Block.Values);
}
