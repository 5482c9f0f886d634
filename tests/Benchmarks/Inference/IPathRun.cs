namespace TinySD.Benchmarks.Inference;

/// <summary>A model that is run in one way over its data.</summary>
internal interface IPathRun
{
    /// <summary>The way.</summary>
    string Path { get; }

    /// <summary>Bytes of the file that it is run from; null where there is none that holds it.</summary>
    long? FileBytes { get; }

    /// <summary>Bytes of weights in memory, copies for products included.</summary>
    long WeightBytes { get; }

    /// <summary>Bytes of the session that is timed.</summary>
    long SessionBytes { get; }

    /// <summary>A step of the session that is timed: the next token or row.</summary>
    /// <param name="number">The step's number; data is gone through again and again.</param>
    void Step(int number);

    /// <summary>Measures over the data, or the first predictions of it, from a state of nothing.</summary>
    /// <param name="most">The most predictions.</param>
    double Metric(long most);
}

/// <summary>A trained model with the data that it is measured on.</summary>
internal interface ISubject
{
    /// <summary>Its file's name.</summary>
    string Name { get; }

    /// <summary>What it is and how large, in words.</summary>
    string Description { get; }

    /// <summary>The metric's name; the lower the better.</summary>
    string Metric { get; }

    /// <summary>The ways that it can be run in.</summary>
    IReadOnlyList<ModelPath> Paths(IReadOnlyList<ModelPath> all);

    /// <summary>It in one way.</summary>
    IPathRun Open(ModelPath path);
}
