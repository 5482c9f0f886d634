namespace TinySD.Tools.Systolic;

/// <summary>One product of a training step: a pass over one matrix of weights.</summary>
/// <param name="Name">The weights and the pass, for example <c>lstm.0.recurrent FP</c>.</param>
/// <param name="Shape">The dense product, one of them where there is one for each time step.</param>
/// <param name="Kept">That shape with what the masks keep in it, the mean over the time steps.</param>
/// <param name="Dense">The products that the dense pass makes, over all time steps.</param>
/// <param name="Compacted">The products that are left of them without the dropped units.</param>
internal sealed record TrainingProduct(
    string Name, GemmShape Shape, GemmShape Kept, IReadOnlyList<GemmShape> Dense, IReadOnlyList<GemmShape> Compacted);
