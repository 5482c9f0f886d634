namespace TinySD.Formats.Exchange.Safetensors;

/// <summary>Whose names the tensors of a recurrent layer have.</summary>
internal enum NameScheme
{
    /// <summary>PyTorch's <c>nn.LSTM</c>, <c>nn.GRU</c> and <c>nn.RNN</c>: <c>weight_ih_l0</c>.</summary>
    Module,

    /// <summary>PyTorch's <c>nn.LSTMCell</c>, <c>nn.GRUCell</c> and <c>nn.RNNCell</c>: <c>weight_ih</c>.</summary>
    Cell,

    /// <summary>MLX's <c>nn.LSTM</c>, <c>nn.GRU</c> and <c>nn.RNN</c>: <c>Wx</c>, <c>Wxh</c>.</summary>
    Mlx,
}

/// <summary>What the name of a tensor says: which part of which recurrent layer, and in which form.</summary>
/// <param name="Scheme">Whose name it is.</param>
/// <param name="Prefix">What stands before it, without <c>parametrizations.</c>.</param>
/// <param name="Part">The layer's own name without its number, for example <c>weight_hh</c> or <c>Wh</c>.</param>
/// <param name="Layer">The layer, 0 where names have none.</param>
/// <param name="IsReverse">It is of the second direction.</param>
/// <param name="Form">What follows, for example <c>_raw</c>; the empty text for the weights themselves. <c>parametrizations</c> stands
/// before what follows such a name.</param>
internal sealed partial record RecurrentName(NameScheme Scheme, string Prefix, string Part, int Layer, bool IsReverse, string Form)
{
    /// <summary>The parts: input and recurrent weights, the biases of both products, and an LSTM's projection of its output.</summary>
    public const string Input = "weight_ih", Recurrent = "weight_hh", InputBias = "bias_ih", RecurrentBias = "bias_hh";
    public const string Projection = "weight_hr";

    /// <summary>What stands before <see cref="Form"/> where PyTorch's <c>torch.nn.utils.parametrize</c> holds the weights.</summary>
    public const string Parametrized = "parametrizations";

    /// <summary>The part as PyTorch names it, whoever named the tensor.</summary>
    public string Role => Part switch
    {
        "Wx" or "Wxh" => Input,
        "Wh" or "Whh" => Recurrent,
        "bias" or "b" => InputBias,
        "bhn" => RecurrentBias,
        _ => Part,
    };

    /// <summary>Reads a name; null where it is no recurrent layer's. A <c>bias</c> may be any layer's.</summary>
    public static RecurrentName? Of(string name)
    {
        Match match = PyTorchName().Match(name);
        if (match.Success)
        {
            string prefix = match.Groups["prefix"].Value, form = match.Groups["form"].Value;
            if (prefix.EndsWith($"{Parametrized}.", StringComparison.Ordinal))
                (prefix, form) = (prefix[..^(Parametrized.Length + 1)], Parametrized + form);
            Group layer = match.Groups["layer"];
            return new(
                layer.Success ? NameScheme.Module : NameScheme.Cell, prefix, match.Groups["part"].Value,
                layer.Success ? int.Parse(layer.ValueSpan, CultureInfo.InvariantCulture) : 0, match.Groups["reverse"].Success, form);
        }

        match = MlxName().Match(name);
        return match.Success
            ? new(NameScheme.Mlx, match.Groups["prefix"].Value, match.Groups["part"].Value, 0, false, match.Groups["form"].Value)
            : null;
    }

    /// <summary>A prefix without the names of what is wrapped around a module and holds no weights of its own: data parallelism,
    /// compilation, weight drop.</summary>
    public static string Unwrapped(string prefix) => Wrapper().Replace(prefix, "$1");

    [GeneratedRegex(
        @"^(?<prefix>.*)(?<part>weight_ih|weight_hh|weight_hr|bias_ih|bias_hh)" +
        @"(?:_l(?<layer>0|[1-9][0-9]{0,4})(?![0-9])(?<reverse>_reverse)?)?(?<form>.*)\z",
        RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex PyTorchName();

    [GeneratedRegex(
        @"^(?<prefix>(?:.*[./])?)(?<part>Wxh|Whh|Wx|Wh|bhn|bias|b)(?<form>(?:[._].*)?)\z",
        RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex MlxName();

    [GeneratedRegex(@"(^|\.)(?:(?:module|_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.)+", RegexOptions.CultureInvariant)]
    private static partial Regex Wrapper();
}
