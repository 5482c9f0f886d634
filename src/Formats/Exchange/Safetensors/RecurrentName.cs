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
internal sealed record RecurrentName(NameScheme Scheme, string Prefix, string Part, int Layer, bool IsReverse, string Form)
{
    /// <summary>The parts: input and recurrent weights, the biases of both products, and an LSTM's projection of its output.</summary>
    public const string Input = "weight_ih", Recurrent = "weight_hh", InputBias = "bias_ih", RecurrentBias = "bias_hh";
    public const string Projection = "weight_hr";

    /// <summary>What stands before <see cref="Form"/> where PyTorch's <c>torch.nn.utils.parametrize</c> holds the weights.</summary>
    public const string Parametrized = "parametrizations";

    private const string Reverse = "_reverse";

    private static readonly string[] s_parts = [Input, Recurrent, Projection, InputBias, RecurrentBias];
    private static readonly string[] s_mlxParts = ["Wxh", "Whh", "Wx", "Wh", "bhn", "bias", "b"];
    private static readonly string[] s_wrappers = ["module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];

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
    public static RecurrentName? Of(string name) => OfPyTorch(name) ?? OfMlx(name);

    /// <summary>A prefix without the names of what is wrapped around a module and holds no weights of its own: data parallelism,
    /// compilation, weight drop.</summary>
    public static string Unwrapped(string prefix)
    {
        string[] names = prefix.Split('.');
        string last = names[^1];
        return string.Join('.', [.. names[..^1].Where(name => !s_wrappers.Contains(name)), last]);
    }

    // The last part that is in the name counts, for example of weight_ih_l0_reverse. What follows may be anything.
    private static RecurrentName? OfPyTorch(string name)
    {
        int at = -1;
        string part = "";
        foreach (string known in s_parts)
        {
            int found = name.LastIndexOf(known, StringComparison.Ordinal);
            if (found > at) (at, part) = (found, known);
        }

        if (at < 0) return null;
        string prefix = name[..at], form = name[(at + part.Length)..];
        NameScheme scheme = NameScheme.Cell;
        bool isReverse = false;
        if (TryLayer(form, out int layer, out string rest))
        {
            scheme = NameScheme.Module;
            isReverse = rest.StartsWith(Reverse, StringComparison.Ordinal);
            form = isReverse ? rest[Reverse.Length..] : rest;
        }

        return prefix.EndsWith($"{Parametrized}.", StringComparison.Ordinal)
            ? new(scheme, prefix[..^(Parametrized.Length + 1)], part, layer, isReverse, Parametrized + form)
            : new(scheme, prefix, part, layer, isReverse, form);
    }

    // _l and a number of at most five digits without zeros before it.
    private static bool TryLayer(string form, out int layer, out string rest)
    {
        (layer, rest) = (0, "");
        if (!form.StartsWith("_l", StringComparison.Ordinal)) return false;
        int digits = form.AsSpan(2).IndexOfAnyExceptInRange('0', '9');
        if (digits < 0) digits = form.Length - 2;
        ReadOnlySpan<char> number = form.AsSpan(2, digits);
        if (digits is 0 or > 5 || (number[0] == '0' && digits > 1)) return false;
        (layer, rest) = (int.Parse(number, CultureInfo.InvariantCulture), form[(2 + digits)..]);
        return true;
    }

    // A whole name between dots or slashes, or what stands before an underscore in it; the last one counts.
    private static RecurrentName? OfMlx(string name)
    {
        for (int end = name.Length; end >= 0;)
        {
            int at = end == 0 ? 0 : name.AsSpan(0, end).LastIndexOfAny('.', '/') + 1;
            ReadOnlySpan<char> rest = name.AsSpan(at);
            int length = rest.IndexOfAny('.', '_');
            string part = (length < 0 ? rest : rest[..length]).ToString();
            if (s_mlxParts.Contains(part)) return new(NameScheme.Mlx, name[..at], part, 0, false, name[(at + part.Length)..]);
            end = at - 1;
        }

        return null;
    }
}
