using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Parts;

namespace TinySD.Formats.Tests;

/// <summary>A recurrent node with random weights and inputs: small, and unlike in every gate, direction and sequence.</summary>
public sealed record RecurrentCase(string Operator, string Direction)
{
    public const int T = 5, B = 3, I = 4, H = 7;

    public string What { get; init; } = "";

    public bool Bias { get; init; } = true;

    public bool States { get; init; }

    public bool Lengths { get; init; }

    public bool Peepholes { get; init; }

    public float Clip { get; init; }

    public bool Coupled { get; init; }

    public int? LinearBeforeReset { get; init; }

    public string[] Activations { get; init; } = [];

    public float[] Alphas { get; init; } = [];

    public float[] Betas { get; init; } = [];

    public long Opset { get; init; } = 14;

    public int Layout { get; init; }

    internal int Directions => Direction == "bidirectional" ? 2 : 1;

    internal int Gates => Operator switch { "LSTM" => 4, "GRU" => 3, _ => 1 };

    internal bool IsLstm => Operator == "LSTM";

    public override string ToString() => $"{Operator} {Direction} {What}";

    internal static float[] Random(int seed, int count, float range = 0.6f)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => range * ((2 * random.NextSingle()) - 1))];
    }

    internal byte[] Model()
    {
        int d = Directions, g = Gates * H;
        string[] inputs =
        [
            "X", "W", "R", Bias ? "B" : "", Lengths ? "sequence_lens" : "", States ? "initial_h" : "",
            .. IsLstm ? new[] { States ? "initial_c" : "", Peepholes ? "P" : "" } : [],
        ];
        while (inputs[^1].Length == 0) inputs = inputs[..^1];
        var attributes = new List<ProtoWriter> { OnnxBytes.Integer("hidden_size", H), OnnxBytes.Text("direction", Direction) };
        if (Clip > 0) attributes.Add(OnnxBytes.Float("clip", Clip));
        if (Coupled) attributes.Add(OnnxBytes.Integer("input_forget", 1));
        if (LinearBeforeReset is { } reset) attributes.Add(OnnxBytes.Integer("linear_before_reset", reset));
        if (Layout > 0) attributes.Add(OnnxBytes.Integer("layout", Layout));
        if (Activations.Length > 0) attributes.Add(OnnxBytes.Texts("activations", Activations));
        if (Alphas.Length > 0) attributes.Add(OnnxBytes.Floats("activation_alpha", Alphas));
        if (Betas.Length > 0) attributes.Add(OnnxBytes.Floats("activation_beta", Betas));
        OnnxBytes model = new OnnxBytes { Opset = Opset }
            .Node(Operator, inputs, IsLstm ? ["Y", "Y_h", "Y_c"] : ["Y", "Y_h"], [.. attributes])
            .Constant("W", [d, g, I], Random(1, d * g * I))
            .Constant("R", [d, g, H], Random(2, d * g * H))
            .Input("X", [-1, -1, I])
            .Output("Y", [-1, -1, -1, H]).Output("Y_h", [-1, -1, H]);
        if (IsLstm) model.Output("Y_c", [-1, -1, H]);
        if (Bias) model.Constant("B", [d, 2 * g], Random(3, d * 2 * g));
        if (Peepholes) model.Constant("P", [d, 3 * H], Random(4, d * 3 * H));
        if (Lengths) model.Input("sequence_lens", [-1], OnnxDataType.Integer32);
        if (States) model.Input("initial_h", [-1, -1, H]);
        if (States && IsLstm) model.Input("initial_c", [-1, -1, H]);
        return model.ToArray();
    }

    internal NamedTensor[] Inputs()
    {
        var inputs = new List<NamedTensor> { new("X", [T, B, I], Random(5, T * B * I, 1.5f)) };
        if (Lengths) inputs.Add(new("sequence_lens", [B], [3L, T, 1L]));
        if (States) inputs.Add(new("initial_h", [Directions, B, H], Random(6, Directions * B * H, 1f)));
        if (States && IsLstm) inputs.Add(new("initial_c", [Directions, B, H], Random(7, Directions * B * H, 1f)));
        return [.. inputs];
    }

    /// <summary>Every attribute, each with what it matters for.</summary>
    internal static IEnumerable<RecurrentCase> All()
    {
        foreach (string direction in (string[])["forward", "reverse", "bidirectional"])
        {
            foreach (string type in (string[])["LSTM", "GRU", "RNN"])
            {
                var plain = new RecurrentCase(type, direction) { LinearBeforeReset = type == "GRU" ? 1 : null };
                yield return plain;
                yield return plain with { What = "no bias", Bias = false };
                yield return plain with { What = "states", States = true };
                yield return plain with { What = "lengths", Lengths = true };
                yield return plain with { What = "states, lengths", States = true, Lengths = true };
                yield return plain with { What = "clip", Clip = 0.4f, States = true };
            }

            var lstm = new RecurrentCase("LSTM", direction);
            yield return lstm with { What = "peepholes", Peepholes = true, States = true };
            yield return lstm with { What = "peepholes, clip, lengths", Peepholes = true, Clip = 0.5f, Lengths = true, States = true };
            yield return lstm with { What = "coupled", Coupled = true, States = true };
            var gru = new RecurrentCase("GRU", direction);
            yield return gru with { What = "linear_before_reset missing", States = true };
            yield return gru with { What = "linear_before_reset 0", LinearBeforeReset = 0, States = true, Lengths = true };
            yield return gru with { What = "linear_before_reset 0, clip, no bias", LinearBeforeReset = 0, Clip = 0.3f, Bias = false };
        }

        foreach (long opset in (long[])[7, 14, 22])
        {
            yield return new RecurrentCase("LSTM", "bidirectional") { What = $"opset {opset}", Opset = opset, States = true };
            yield return new RecurrentCase("GRU", "forward") { What = $"opset {opset}", Opset = opset, LinearBeforeReset = 1 };
            yield return new RecurrentCase("RNN", "reverse") { What = $"opset {opset}", Opset = opset };
        }

        (string Name, float[] Alpha, float[] Beta)[] functions =
        [
            ("Relu", [], []), ("Tanh", [], []), ("Sigmoid", [], []), ("Affine", [0.7f], [0.1f]), ("LeakyRelu", [0.2f], []),
            ("LeakyRelu", [], []),
            ("ThresholdedRelu", [0.3f], []), ("ScaledTanh", [0.8f], [1.2f]), ("HardSigmoid", [0.3f], [0.4f]), ("HardSigmoid", [], []),
            ("Elu", [0.6f], []),
            ("Softsign", [], []), ("Softplus", [], []),
        ];
        foreach ((string name, float[] alpha, float[] beta) in functions)
        {
            string what = $"{name} {string.Join(' ', alpha.Concat(beta))}";
            yield return new RecurrentCase("RNN", "forward") { What = what, Activations = [name], Alphas = alpha, Betas = beta };
            yield return new RecurrentCase("GRU", "forward")
            {
                What = what, Activations = ["Sigmoid", name], Alphas = alpha, Betas = beta,
                LinearBeforeReset = 0
            };
            yield return new RecurrentCase("LSTM", "forward")
            {
                What = what, Activations = ["Sigmoid", "Tanh", name], Alphas = alpha,
                Betas = beta, States = true
            };
        }

        // Constants of one list belong to different functions, and the two directions differ.
        yield return new RecurrentCase("LSTM", "bidirectional")
        {
            What = "unlike activations",
            Activations = ["HardSigmoid", "LeakyRelu", "Softsign", "Sigmoid", "Elu", "ScaledTanh"],
            Alphas = [0.25f, 0.3f, 0.5f, 0.9f],
            Betas = [0.45f, 1.1f],
            States = true,
            Peepholes = true,
        };
        yield return new RecurrentCase("RNN", "bidirectional")
        {
            What = "unlike activations", Activations = ["Tanh", "Relu"],
            States = true
        };
        yield return new RecurrentCase("GRU", "bidirectional")
        {
            What = "unlike activations",
            Activations = ["Sigmoid", "Relu", "HardSigmoid", "Tanh"],
            LinearBeforeReset = 1,
            States = true,
        };
    }
}
