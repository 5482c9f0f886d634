using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace TinySD.Tools.Tests;

/// <summary>One call of the built program that changes something in a folder.</summary>
/// <param name="Name">As the system names it.</param>
/// <param name="Paths">The files it is about, from the folder on, random parts of names left out; the folder itself is <c>.</c>.</param>
/// <param name="Number">How many calls of that name the program's main thread had made with it, those about other files counted.</param>
internal sealed record SystemCall(string Name, string[] Paths, int Number)
{
    /// <summary>Whether both are the same step of the same command, made twice.</summary>
    public bool IsSameStep(SystemCall other) => ToString() == other.ToString();

    public bool IsWrite => Name.Contains("write", StringComparison.Ordinal);

    public bool IsFlush => Name is "fsync" or "fdatasync";

    public bool IsRename => Name.StartsWith("rename", StringComparison.Ordinal);

    public override string ToString() => $"{Name}({string.Join(", ", Paths)})";
}

/// <summary>Runs the built program under <c>strace</c>: what it asks of the file system, and what it leaves when it is killed at one of
/// these calls.</summary>
internal static partial class SystemCalls
{
    // Those that can change a file system, by all their names; one that this processor does not have is passed over.
    private static readonly string[] s_calls =
    [
        "open", "openat", "openat2", "creat", "write", "writev", "pwrite64", "pwritev", "pwritev2", "fsync", "fdatasync", "sync_file_range",
        "rename", "renameat", "renameat2", "unlink", "unlinkat", "truncate", "ftruncate", "fallocate", "copy_file_range", "sendfile",
        "mkdir", "mkdirat", "rmdir", "link", "linkat", "symlink", "symlinkat", "chmod", "fchmod", "fchmodat",
    ];

    private static readonly Lazy<string?> s_hindrance = new(FindHindrance);

    /// <summary>Skips a test where no process can be traced.</summary>
    public static void SkipUnlessTraceable()
    {
        if (s_hindrance.Value is { } why) Skip.Test($"system calls cannot be traced here: {why}");
    }

    /// <summary>Runs a command to its end.</summary>
    /// <param name="folder">The folder that is watched.</param>
    /// <param name="args">The words after <c>tinysd</c>.</param>
    public static async Task<IReadOnlyList<SystemCall>> TraceAsync(string folder, params string[] args)
    {
        (CliResult result, IReadOnlyList<SystemCall> calls) = await RunAsync(folder, null, args);
        return result.Code == 0 ? calls : throw new InvalidOperationException($"{string.Join(' ', args)}: {result.Error}");
    }

    /// <summary>Kills a command when it is about to make one of its calls.</summary>
    /// <param name="folder">The folder that is watched.</param>
    /// <param name="call">A call of the same command when it ran to its end.</param>
    /// <param name="args">The words after <c>tinysd</c>.</param>
    /// <returns>The calls it came to, the last of which was not made.</returns>
    public static async Task<IReadOnlyList<SystemCall>> KillAtAsync(string folder, SystemCall call, params string[] args) =>
        (await RunAsync(folder, call, args)).Calls;

    private static async Task<(CliResult Result, IReadOnlyList<SystemCall> Calls)> RunAsync(string folder, SystemCall? end, string[] args)
    {
        string log = Path.GetTempFileName();
        try
        {
            // Tracing all threads, with the files behind their numbers.
            string[] trace =
            [
                "-f", "-y", "-qq", "-s", "0", "-o", log, "-e", "signal=none",
                "-e", $"trace={string.Join(',', s_calls.Select(name => $"?{name}"))}",
            ];
            if (end is not null)
                trace = [.. trace, "-e",
                    string.Create(CultureInfo.InvariantCulture, $"inject={end.Name}:signal=SIGKILL:when={end.Number}")];
            using TinysdProcess process = TinysdProcess.StartUnder("strace", trace, args);
            CliResult result = await process.EndAsync();
            return (result, Parse(await File.ReadAllLinesAsync(log), folder));
        }
        finally
        {
            File.Delete(log);
        }
    }

    private static List<SystemCall> Parse(string[] lines, string folder)
    {
        var calls = new List<SystemCall>();
        var counts = new Dictionary<string, int>();
        string? main = null;
        foreach (Match line in lines.Select(line => Line().Match(line)).Where(match => match.Success))
        {
            string thread = line.Groups["thread"].Value, name = line.Groups["name"].Value, arguments = line.Groups["arguments"].Value;
            main ??= thread;
            if (thread == main) counts[name] = counts.GetValueOrDefault(name) + 1;
            string[] paths =
            [
                .. PathInCall().Matches(WorkingFolder().Replace(arguments, "")).Select(match => match.Groups["path"].Value)
                    .Where(path => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal))
                    .Select(path => RandomPart().Replace(Path.GetRelativePath(folder, path), ".*.tmp")).Distinct(),
            ];
            bool onlyReads = name.StartsWith("open", StringComparison.Ordinal) && !Writes().IsMatch(arguments);
            if (paths.Length == 0 || onlyReads) continue;
            if (thread != main) throw new InvalidOperationException($"not the main thread's, so that it cannot be counted: {line.Value}");
            calls.Add(new SystemCall(name, paths, counts[name]));
        }

        return calls;
    }

    private static string? FindHindrance()
    {
        if (!OperatingSystem.IsLinux()) return "it takes Linux";
        try
        {
            using Process process =
                Process.Start(new ProcessStartInfo("strace", ["-f", "-o", "/dev/null", "true"]) { RedirectStandardError = true })!;
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : error.Split('\n')[0];
        }
        catch (Win32Exception)
        {
            return "strace is not installed";
        }
    }

    // 1234 name(arguments) = result, or without an end where another thread's call comes in between.
    [GeneratedRegex(@"^(?<thread>\d+) +(?<name>\w+)\((?<arguments>.*)")]
    private static partial Regex Line();

    [GeneratedRegex("O_(WRONLY|RDWR|CREAT|TRUNC)")]
    private static partial Regex Writes();

    [GeneratedRegex(@"AT_FDCWD<[^>]*>")]
    private static partial Regex WorkingFolder();

    // A name in quotes, or the file behind a number.
    [GeneratedRegex("[\"<](?<path>/[^\">]*)[\">]")]
    private static partial Regex PathInCall();

    [GeneratedRegex(@"\.[a-z0-9]{8}\.[a-z0-9]{3}\.tmp$")]
    private static partial Regex RandomPart();
}
