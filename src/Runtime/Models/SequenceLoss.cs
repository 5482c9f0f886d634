namespace TinySD.Runtime.Models;

/// <summary>What a sequence model's outputs are compared with, and how.</summary>
public enum SequenceLoss
{
    /// <summary>Numbers: the squared error e².</summary>
    Squared,

    /// <summary>Numbers: the absolute error |e|.</summary>
    Absolute,

    /// <summary>Numbers: e²/2 of errors up to delta, delta (|e| - delta/2) of larger ones (Huber 1964).</summary>
    Huber,

    /// <summary>One label of several: softmax and cross-entropy, in nats.</summary>
    CrossEntropy,

    /// <summary>Any number of labels, each 0 or 1: sigmoid and cross-entropy of each, in nats.</summary>
    Logistic,
}
