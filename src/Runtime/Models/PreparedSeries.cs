namespace TinySD.Runtime.Models;

/// <summary>A table's rows up to a part's end, normalised, and the targets of each.</summary>
internal sealed class PreparedSeries
{
    private readonly SeriesForm _form;
    private readonly float[] _inputs, _linear;
    private readonly double[] _targets, _last;

    public PreparedSeries(SeriesForm form, SeriesPart part)
    {
        if (part.First < 0 || part.Count < 0 || part.End > part.Table.RowCount)
            Throw.Argument($"rows {part.First} to {part.End} of a table of {part.Table.RowCount}");
        _form = form;
        Part = part;
        _inputs = form.InputsOf(part.Table, part.End);
        _linear = new float[form.LinearRows * form.Inputs.Length];
        _targets = new double[checked(part.End * form.Targets.Length)];
        _last = new double[_targets.Length];
        for (int i = 0; i < form.Targets.Length; i++)
        {
            ReadOnlySpan<double> column = part.Table[form.Targets[i]];
            var filler = new LastValue(double.NaN);
            for (int row = 0; row < part.End; row++)
            {
                int at = (row * form.Targets.Length) + i;
                _targets[at] = form.TargetScales[i].Normalise(column[row]);
                _last[at] = form.TargetScales[i].Normalise(filler.Next(column[row]));
            }
        }
    }

    public SeriesPart Part { get; }

    /// <summary>The first row from which a prediction of the part is made.</summary>
    public int FirstRow => _form.FirstRowOf(Part);

    /// <summary>How many rows there are from which all that is predicted lies in the part.</summary>
    public int RowCount => Math.Max(0, Part.End - _form.Horizon - FirstRow);

    /// <summary>A row's inputs, normalised, [I].</summary>
    public ReadOnlySpan<float> Inputs(int row) => _inputs.AsSpan(row * _form.Inputs.Length, _form.Inputs.Length);

    /// <summary>Sets a row as a sequence's step, with what a linear map of the last rows sees from there.</summary>
    public void SetStep(int row, int sequence, int t, SequenceBatch into)
    {
        into.SetStep(sequence, t, Inputs(row));
        SetLinear(row, sequence, t, into);
    }

    /// <summary>Sets the window that ends with a row as a sequence.</summary>
    public void SetWindow(int row, int sequence, SequenceBatch into)
    {
        for (int t = 0; t < _form.Window; t++) into.SetStep(sequence, t, Inputs(row - _form.Window + 1 + t));
        SetLinear(row, sequence, 0, into);
    }

    /// <summary>A target's value in a row, normalised; not a number where it is missing.</summary>
    public double Target(int row, int target) => row < Part.End ? _targets[(row * _form.Targets.Length) + target] : double.NaN;

    /// <summary>Its last value up to a row; not a number before the first.</summary>
    public double Last(int row, int target) => row < 0 ? double.NaN : _last[(row * _form.Targets.Length) + target];

    /// <summary>What is added to what the network gives: the last value where a change is predicted, else 0.</summary>
    public double Base(int row, int target) => _form.PredictsChange ? Last(row, target) : 0;

    /// <summary>What an output of a row ought to be, in the target's normalised units and before its own scale; not a number where nobody
    /// knows.</summary>
    public double OutputTarget(int row, int output)
    {
        (int step, int target) = int.DivRem(output, _form.Targets.Length);
        return Target(row + _form.Ahead(step), target) - Base(row, target);
    }

    /// <summary>Writes what the network's outputs of a row ought to be, [O].</summary>
    public void OutputTargets(int row, Span<float> targets)
    {
        for (int output = 0; output < targets.Length; output++)
            targets[output] = (float)_form.OutputScales[output].Normalise(OutputTarget(row, output));
    }

    // Rows before the first are 0.
    private void SetLinear(int row, int sequence, int t, SequenceBatch into)
    {
        if (_linear.Length == 0) return;
        int width = _form.Inputs.Length;
        for (int i = 0; i < _form.LinearRows; i++)
        {
            Span<float> own = _linear.AsSpan(i * width, width);
            if (row >= i) Inputs(row - i).CopyTo(own);
            else own.Clear();
        }

        into.SetLinear(sequence, t, _linear);
    }
}
