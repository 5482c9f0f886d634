namespace TinySD.Tools.Options;

/// <summary>What a safetensors file leaves open about the stack inside it, and which file it is.</summary>
internal sealed class StackOptions
{
    private readonly Option<string?> _prefix = new("--prefix")
    {
        HelpName = "TEXT",
        Description = "What stands before the names weight_ih_l0 and so on of a .safetensors file. [default: found, if there is one only]",
    };

    private readonly Option<string?> _nonlinearity = new("--nonlinearity")
    {
        HelpName = "tanh|relu",
        Description = "Of a simple RNN in a .safetensors file, whose tensors do not tell. [default: as the file says, or tanh]",
        CustomParser = result => result.Tokens is [{ Value: "tanh" or "relu" } word]
            ? word.Value
            : Ranged.Refuse<string>(result, "--nonlinearity", "tanh or relu", ["tanh", "relu"]),
    };

    public IEnumerable<Option> All => [_prefix, _nonlinearity];

    public PyTorchChoices Read(ParseResult parsed) =>
        new(parsed.GetValue(_prefix), parsed.GetValue(_nonlinearity) is { } word ? word == "relu" : null);

    /// <summary>Tells of a nonlinearity for a cell that has none to choose.</summary>
    public static void WarnOfNonlinearity(PyTorchChoices choices, CellKind cell, string path, Warnings warnings)
    {
        bool isSimple = cell is CellKind.RnnTanh or CellKind.RnnRelu;
        string held = cell == CellKind.Lstm ? "an LSTM" : "a GRU";
        warnings.NoEffect(choices.Rectified is not null && !isSimple, "--nonlinearity", $": {path} holds {held}, which has none to choose");
    }

    /// <summary>Tells of choices that the file's format does not have.</summary>
    public static void WarnOfAny(PyTorchChoices choices, string path, Warnings warnings)
    {
        var given = new List<string>();
        if (choices.Prefix is not null) given.Add("--prefix");
        if (choices.Rectified is not null) given.Add("--nonlinearity");
        warnings.NoEffect(given, $": about .safetensors files only, and {path} is none");
    }
}
