namespace TinySD.Runtime.Models;

/// <summary>Fills what is missing with what was there last.</summary>
internal struct LastValue(double start)
{
    private double _last = start;

    /// <summary>What was there last.</summary>
    public readonly double Current => _last;

    /// <summary>How far it moves; not at all from where nothing was.</summary>
    public double Change(double value)
    {
        double before = _last;
        return Next(value) - (double.IsNaN(before) ? _last : before);
    }

    public double Next(double value)
    {
        if (!double.IsNaN(value)) _last = value;
        return _last;
    }
}
