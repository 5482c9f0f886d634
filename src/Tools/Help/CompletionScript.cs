using System.CommandLine.Completions;

namespace TinySD.Tools.Help;

/// <summary>Scripts by which shells complete words of the command line: made of all commands, options and their words, so that no shell
/// calls the program while somebody types.</summary>
internal sealed class CompletionScript
{
    private readonly CommandUsage[] _commands;

    private CompletionScript(Command root) => _commands = [.. CommandUsage.All(root)];

    /// <summary>The shells that have one.</summary>
    public static IReadOnlyList<string> Shells { get; } = ["bash", "zsh", "pwsh"];

    /// <summary>A shell's script.</summary>
    public static string Of(Command root, string shell)
    {
        var script = new CompletionScript(root);
        return shell switch
        {
            "bash" => script.Bash(),
            "zsh" => script.Zsh(),
            _ => script.PowerShell(),
        };
    }

    // What is completed where, and the words.
    private IEnumerable<Completed> Commands =>
        from usage in _commands
        let arguments = usage.Command.Arguments.SelectMany(argument => WordsOf(argument))
        let words = string.Join(' ', usage.Commands.Select(below => below.Name).Concat(arguments))
        where words.Length > 0
        select new Completed(usage.Path, words);

    private IEnumerable<Completed> Options => _commands.Select(usage => new Completed(usage.Path, string.Join(' ', Names(usage))));

    private IEnumerable<Completed> Values =>
        from usage in _commands
        from option in usage.Options
        let words = string.Join(' ', WordsOf(option))
        where option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool) && words.Length > 0
        from name in option.Aliases.Prepend(option.Name).Distinct()
        select new Completed($"{usage.Path} {name}", words);

    // From a command to those below it.
    private IEnumerable<Completed> Steps =>
        from each in Commands from word in each.Words.Split(' ') select new Completed($"{each.At} {word}", "cmd=\"$cmd $word\"");

    private static IEnumerable<string> WordsOf(Symbol symbol) => symbol.GetCompletions(CompletionContext.Empty).Select(item => item.Label);

    private static IEnumerable<string> Names(CommandUsage usage) =>
        usage.Options.SelectMany(option => option.Aliases.Prepend(option.Name)).Distinct();

    private string Bash() =>
        $$"""
        # Completes the words of tinysd in bash. Made by: tinysd completion bash
        {{Words()}}
        _tinysd() {
            local cur=${COMP_WORDS[COMP_CWORD]} _tinysd_reply=
            [ "$cur" = = ] && cur=
            _tinysd_words "$cur" "${COMP_WORDS[@]:1:COMP_CWORD-1}"
            COMPREPLY=($(compgen -W "$_tinysd_reply" -- "$cur"))
        }
        complete -o default -F _tinysd tinysd

        """;

    private string Zsh() =>
        $$"""
        #compdef tinysd
        # Completes the words of tinysd in zsh. Made by: tinysd completion zsh
        {{Words()}}
        _tinysd() {
            local _tinysd_reply=
            _tinysd_words "${words[CURRENT]}" "${(@)words[2,CURRENT-1]}"
            if [ -n "$_tinysd_reply" ]; then compadd -- ${=_tinysd_reply}; else _files; fi
        }
        if [ "${funcstack[1]}" = _tinysd ]; then _tinysd "$@"; else compdef _tinysd tinysd; fi

        """;

    // What bash and zsh have in common.
    private string Words() =>
        $$"""
        # Finds the words that can stand behind others: the first is the one that is begun. Where there are none, files are named.
        _tinysd_words() {
            local cur=$1 cmd=tinysd prev= word
            shift
            for word; do
                [ "$word" = = ] && continue
                case "$cmd $word" in
                    {{Cases(Steps, 12)}}
                esac
                prev=$word
            done
            case $cur in
                -*)
                    case $cmd in
                        {{Cases(Options.Select(Reply), 16)}}
                    esac
                    return ;;
            esac
            case "$cmd $prev" in
                {{Cases(Values.Select(Reply), 8)}}
                *)
                    case $cmd in
                        {{Cases(Commands.Select(Reply), 16)}}
                    esac ;;
            esac
        }
        """;

    private static Completed Reply(Completed each) => new(each.At, $"_tinysd_reply='{each.Words}'");

    // One case for all that lead to the same, under each other so many blanks from the left.
    private static string Cases(IEnumerable<Completed> cases, int indent) => string.Join(
        $"\n{new string(' ', indent)}",
        cases.GroupBy(each => each.Words, each => each.At)
            .Select(same => $"{string.Join('|', same.Select(at => $"'{at}'"))}) {same.Key} ;;"));

    private string PowerShell() =>
        $$"""
        # Completes the words of tinysd in PowerShell. Made by: tinysd completion pwsh
        $tinysdCommands = @{
            {{Table(Commands)}}
        }
        $tinysdOptions = @{
            {{Table(Options)}}
        }
        $tinysdValues = @{
            {{Table(Values)}}
        }
        Register-ArgumentCompleter -Native -CommandName tinysd -ScriptBlock {
            param($wordToComplete, $commandAst, $cursorPosition)
            $command = 'tinysd'
            $before = ''
            $words = $commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | Select-Object -Skip 1
            foreach ($element in $words) {
                $before = $element.ToString()
                if (($tinysdCommands[$command] -split ' ') -ccontains $before) { $command = "$command $before" }
            }
            if ($wordToComplete.StartsWith('-')) { $known = $tinysdOptions[$command] }
            else { $known = $tinysdValues["$command $before"] }
            if (-not $known -and -not $before.StartsWith('-')) { $known = $tinysdCommands[$command] }
            if ($known) {
                $known -split ' ' | Where-Object { $_.StartsWith($wordToComplete) } | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }
        }

        """;

    private static string Table(IEnumerable<Completed> rows) =>
        string.Join("\n    ", rows.Select(row => $"'{row.At}' = '{row.Words}'"));

    /// <summary>What can stand at a place, or what a script does there.</summary>
    private sealed record Completed(string At, string Words);
}
