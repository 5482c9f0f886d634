namespace TinySD.Runtime.Tests;

/// <summary>The delta rule of one sequence, written for reading: what a product sees is each number as it was last taken, which is when it
/// had changed by more than the threshold, or every 256th step.</summary>
internal sealed class DeltaTwin(float threshold)
{
    private float[] _taken = [];
    private int _steps;

    /// <summary>Numbers that were taken so far.</summary>
    public long Count { get; private set; }

    public double[] See(double[] given)
    {
        if (_steps++ % 256 == 0) _taken = new float[given.Length];
        bool takesAll = _steps % 256 == 1;
        for (int i = 0; i < given.Length; i++)
        {
            float change = (float)given[i] - _taken[i];
            if (takesAll ? change == 0f : Math.Abs(change) <= threshold) continue;
            _taken[i] = (float)given[i];
            Count++;
        }

        return _taken.ToDoubles();
    }
}
