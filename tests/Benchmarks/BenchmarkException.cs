namespace TinySD.Benchmarks;

/// <summary>A benchmark cannot be run as asked; the message is one line that says what to do.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
