using System.Diagnostics;
using System.Globalization;

namespace TinySD.Tools.Tests;

/// <summary>The built program as a process of its own.</summary>
internal sealed class TinysdProcess : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly List<string> _errorLines = [];

    private TinysdProcess(
        string[] before, string[] args, string workingFolder, params ReadOnlySpan<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(before[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = workingFolder,
        };

        // Beside the tests lies the program that the project reference copied here.
        string[] all = [.. before[1..], Path.Combine(AppContext.BaseDirectory, "tinysd.dll"), .. args];
        foreach (string arg in all) start.ArgumentList.Add(arg);
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        _process = Process.Start(start)!;
        _output = _process.StandardOutput.ReadToEndAsync();
    }

    public static TinysdProcess Start(string workingFolder, params string[] args) => new(["dotnet"], args, workingFolder);

    /// <summary>Starts the program with an environment variable more.</summary>
    public static TinysdProcess StartWith(string name, string value, params string[] args) =>
        new(["dotnet"], args, "/", (name, value));

    /// <summary>Starts the program by another that watches it, in a folder that it has nothing to do with; .NET makes no files of its
    /// own.</summary>
    public static TinysdProcess StartUnder(string watcher, string[] options, string[] args) =>
        new([watcher, .. options, "dotnet"], args, "/", ("DOTNET_EnableDiagnostics", "0"), ("DOTNET_TieredPGO", "0"));

    public static async Task<CliResult> RunAsync(string workingFolder, params string[] args)
    {
        using TinysdProcess process = Start(workingFolder, args);
        return await process.EndAsync();
    }

    /// <summary>Waits for a line on standard error.</summary>
    public async Task WaitForAsync(string text)
    {
        while (await _process.StandardError.ReadLineAsync().WaitAsync(s_patience) is { } line)
        {
            _errorLines.Add(line);
            if (line.Contains(text, StringComparison.Ordinal)) return;
        }

        throw new InvalidOperationException($"the program ended without writing '{text}': {string.Join('\n', _errorLines)}");
    }

    /// <summary>Waits until the process has a file open; on Linux.</summary>
    public async Task WaitForOpenAsync(string path)
    {
        var started = Stopwatch.StartNew();
        while (!HasOpen(path))
        {
            if (started.Elapsed > s_patience || _process.HasExited) throw new InvalidOperationException($"the program did not open {path}");
            await Task.Delay(20);
        }
    }

    // A file that the process has closed since it was listed has no target, and that is no error.
    private bool HasOpen(string path) => new DirectoryInfo(FormattableString.Invariant($"/proc/{_process.Id}/fd"))
        .EnumerateFiles()
        .Any(entry => entry.LinkTarget == path);

    /// <summary>Skips a test where the program would not hear a signal: a shell without job control starts what it puts into the background
    /// deaf to SIGINT.</summary>
    public static void SkipUnlessItHears(string signal)
    {
        if (OperatingSystem.IsWindows()) Skip.Test("Windows has no such signals");
        if (signal != "INT" || !OperatingSystem.IsLinux()) return;
        const string Ignored = "SigIgn:";
        const int Interrupt = 1 << 1;
        string mask = File.ReadLines("/proc/self/status")
            .First(line => line.StartsWith(Ignored, StringComparison.Ordinal))[Ignored.Length..];
        if ((ulong.Parse(mask, NumberStyles.HexNumber | NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture) & Interrupt) != 0)
            Skip.Test("these tests were started in a way that ignores SIGINT, and so would the program");
    }

    /// <summary>Sends a signal by its name, for example <c>INT</c>.</summary>
    public async Task SignalAsync(string name)
    {
        using Process kill = Process.Start("kill", ["-s", name, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Gives it all that it is to have on standard input, and waits for its end.</summary>
    public async Task<CliResult> EndAsync(string input)
    {
        await _process.StandardInput.WriteAsync(input);
        _process.StandardInput.Close();
        return await EndAsync();
    }

    public async Task<CliResult> EndAsync()
    {
        string rest = await _process.StandardError.ReadToEndAsync().WaitAsync(s_patience);
        string output = await _output.WaitAsync(s_patience);
        await _process.WaitForExitAsync().WaitAsync(s_patience);
        return new CliResult(_process.ExitCode, output, string.Concat(_errorLines.Select(line => line + "\n")) + rest);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();

            // Until then it holds its files, and a disk with them.
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
