using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary>A verb: its arguments and options, in the order of the help, and what it does with what a command line says of them.</summary>
internal abstract class CliCommand : Command, IWantsOptions
{
    protected CliCommand(string name, string description, CommonOptions common)
        : base(name, description) => SetAction(parsed => Run(parsed, common.Read(parsed)));

    /// <inheritdoc/>
    public virtual IEnumerable<WantedOption> Wanted => [];

    /// <inheritdoc/>
    public virtual Option? InPlaceOfAll => null;

    protected void AddAll(params IEnumerable<Symbol> symbols)
    {
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument) Arguments.Add(argument);
            else Options.Add((Option)symbol);
        }
    }

    protected abstract int Run(ParseResult parsed, CliContext context);
}
