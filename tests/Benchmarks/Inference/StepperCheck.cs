namespace TinySD.Benchmarks.Inference;

/// <summary>Whether steppers compute the same before they are timed.</summary>
internal static class StepperCheck
{
    private const int Calls = 12;

    /// <summary>Runs all of them over the same inputs from a state of zeros.</summary>
    /// <param name="shape">What is stepped.</param>
    /// <param name="reference">Whom all are compared with.</param>
    /// <param name="others">Each, and how far from it an output may be.</param>
    /// <returns>The largest difference of each.</returns>
    /// <exception cref="BenchmarkException">One computes something else.</exception>
    public static double[] Differences(StepShape shape, IStepper reference, IReadOnlyList<(IStepper Stepper, double Allowed)> others)
    {
        float[][] inputs = shape.NewInputs(Calls);
        float[] expected = Run(reference, inputs);
        double[] largest = new double[others.Count];
        for (int i = 0; i < others.Count; i++)
        {
            (IStepper stepper, double allowed) = others[i];
            float[] found = Run(stepper, inputs);
            for (int at = 0; at < expected.Length; at++)
            {
                double difference = Math.Abs((double)expected[at] - found[at]);

                // What is not a number is not close to any.
                largest[i] = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(largest[i], difference);
            }

            if (largest[i] <= allowed) continue;
            throw new BenchmarkException(FormattableString.Invariant(
                $"{shape.Name}: an output of {stepper.Name} is {largest[i]:G3} from that of {reference.Name}; at most {allowed} was ")
                + "expected: they do not compute the same.");
        }

        return largest;
    }

    private static float[] Run(IStepper stepper, float[][] inputs)
    {
        var outputs = new List<float>();
        stepper.Reset();
        foreach (float[] input in inputs)
        {
            stepper.Step(input);
            outputs.AddRange(stepper.Output);
        }

        return [.. outputs];
    }
}
