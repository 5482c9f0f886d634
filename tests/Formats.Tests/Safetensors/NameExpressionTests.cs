using System.Text.RegularExpressions;
using TinySD.Formats.Exchange.Safetensors;

namespace TinySD.Formats.Tests;

/// <summary>Names of tensors are taken apart as regular expressions would do it, which say in a line what is meant.</summary>
public sealed partial class NameExpressionTests
{
    private const int Names = 20_000;

    // Every way in which these follow each other is some name's end or beginning.
    private static readonly string[] s_bits =
    [
        "weight_ih", "weight_hh", "weight_hr", "bias_ih", "bias_hh", "_l", "_l0", "_l12", "_reverse", "_raw", "0", "7", "10", "123456", ".",
        "/", "_", "Wx", "Wxh", "Wh", "Whh", "bhn", "bias", "b", "module.", "_orig_mod.", "_fsdp_wrapped_module.", "module",
        "parametrizations.", "rnn", "é", "\n",
    ];

    [Test]
    public async Task A_recurrent_layer_s_name_is_what_its_expression_says()
    {
        foreach (string name in Drawn())
        {
            RecurrentName? found = RecurrentName.Of(name), expected = Expected(name);
            if (found != expected) Assert.Fail($"'{name}' is {found}, and {expected} was expected");
        }

        await Assert.That(Drawn().Count(name => RecurrentName.Of(name) is not null)).IsBetween(Names / 4, Names - (Names / 20));
    }

    [Test]
    public async Task Wrappers_are_left_out_as_their_expression_says()
    {
        foreach (string name in Drawn())
            await Assert.That(RecurrentName.Unwrapped(name)).IsEqualTo(Wrapper().Replace(name, "$1"));
    }

    [Test]
    public async Task Numbers_are_found_as_their_expressions_say()
    {
        foreach (string name in Drawn())
        {
            string all = string.Join('|', Digits().Split(name)), own = string.Join('|', NumberedName.Split(name));
            if (own != all) Assert.Fail($"'{name}' is {own}, and {all} was expected");
            Match last = LastNumber().Match(name);
            bool isThere = NumberedName.TryLast(name, out int number, out string around);
            await Assert.That(isThere).IsEqualTo(last.Success);
            if (!isThere) continue;
            await Assert.That(number).IsEqualTo(int.Parse(last.Groups["number"].ValueSpan));
            await Assert.That(around).IsEqualTo($"{last.Groups["before"].Value}\n{last.Groups["after"].Value}");
        }
    }

    private static IEnumerable<string> Drawn()
    {
        var random = new Random(1);
        for (int i = 0; i < Names; i++) yield return string.Concat(random.GetItems(s_bits, random.Next(7)));
    }

    private static RecurrentName? Expected(string name)
    {
        Match match = PyTorchName().Match(name);
        if (match.Success)
        {
            (string prefix, string form) = (match.Groups["prefix"].Value, match.Groups["form"].Value);
            const string wrapped = "parametrizations";
            if (prefix.EndsWith($"{wrapped}.", StringComparison.Ordinal))
                (prefix, form) = (prefix[..^(wrapped.Length + 1)], wrapped + form);
            Group layer = match.Groups["layer"];
            return new(
                layer.Success ? NameScheme.Module : NameScheme.Cell, prefix, match.Groups["part"].Value,
                layer.Success ? int.Parse(layer.ValueSpan) : 0, match.Groups["reverse"].Success, form);
        }

        match = MlxName().Match(name);
        return match.Success
            ? new(NameScheme.Mlx, match.Groups["prefix"].Value, match.Groups["part"].Value, 0, false, match.Groups["form"].Value)
            : null;
    }

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

    [GeneratedRegex("([0-9]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Digits();

    [GeneratedRegex(@"^(?<before>.*?)(?<number>[0-9]{1,4})(?<after>[^0-9]*)\z", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex LastNumber();
}
