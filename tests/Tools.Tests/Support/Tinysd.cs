using System.Text.Json;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary>What a command did.</summary>
internal sealed record CliResult(int Code, string Out, string Error)
{
    /// <summary>Standard output as the one JSON object that it must be.</summary>
    public JsonElement Json
    {
        get
        {
            using JsonDocument document = JsonDocument.Parse(Out);
            return document.RootElement.Clone();
        }
    }
}

/// <summary>The command line within this process.</summary>
internal static class Tinysd
{
    public static CliResult Run(params string[] args) => RunUntil(null, args);

    /// <param name="input">What standard input brings.</param>
    /// <param name="args">The words after <c>tinysd</c>.</param>
    public static CliResult RunOn(Stream input, params string[] args)
    {
        using var stop = new StopRequest();
        return Run(stop, null, () => { }, args, input);
    }

    /// <summary>The same, with text in UTF-8 on standard input.</summary>
    public static CliResult RunOn(string input, params string[] args)
    {
        using var bytes = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(input));
        return RunOn(bytes, args);
    }

    /// <param name="stopAfter">Asks for a stop, as Ctrl-C does, when this was written to standard error.</param>
    /// <param name="args">The words after <c>tinysd</c>.</param>
    public static CliResult RunUntil(string? stopAfter, params string[] args)
    {
        using var stop = new StopRequest();
        return Run(stop, stopAfter, () => stop.TryRequest(), args);
    }

    /// <param name="wanted">Does something when this was written to standard error.</param>
    /// <param name="action">What.</param>
    /// <param name="args">The words after <c>tinysd</c>.</param>
    public static CliResult RunWhile(string wanted, Action action, params string[] args)
    {
        using var stop = new StopRequest();
        return Run(stop, wanted, action, args);
    }

    private static CliResult Run(StopRequest stop, string? wanted, Action action, string[] args, Stream? input = null)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new WatchedWriter(wanted, action) { NewLine = "\n" };
        int code = Cli.Run(args, new CliConsole(output, error) { Input = input ?? Stream.Null }, stop);
        return new CliResult(code, output.ToString(), error.ToString());
    }

    /// <param name="wanted">Asks for a stop when progress was shown that holds this,</param>
    /// <param name="after">so many times.</param>
    /// <param name="args">The words after <c>tinysd</c>.</param>
    public static CliResult RunUntilShown(string wanted, int after, params string[] args)
    {
        using var stop = new StopRequest();
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int code = Cli.Run(args, new CliConsole(output, error) { Progress = new StoppingDisplay(stop, wanted, after) }, stop);
        return new CliResult(code, output.ToString(), error.ToString());
    }

    private sealed class WatchedWriter(string? wanted, Action action) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (wanted is not null && value!.Contains(wanted, StringComparison.Ordinal)) action();
        }
    }
}
