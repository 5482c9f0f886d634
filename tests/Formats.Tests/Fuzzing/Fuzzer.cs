using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace TinySD.Formats.Tests;

/// <summary>Makes files of one format by changing right ones, reads them, and notes what must not happen.</summary>
/// <remarks>File n follows from n alone: what fails is read again by itself with <c>TINYSD_FUZZ_FROM=n TINYSD_FUZZ=1</c>.</remarks>
internal sealed partial class Fuzzer : IDisposable
{
    /// <summary>More than this for one small file is a bomb.</summary>
    public const long MaxAllocatedBytes = 64 << 20;

    /// <summary>No small file may keep a processor busy for so long: a guard against hangs, far above what any takes.</summary>
    public const double MaxSeconds = 1;

    private const int HangSeconds = 120, ThreadCpuClock = 3, MaxFailures = 20;

    private readonly FuzzFormat _format;
    private readonly IReadOnlyList<byte[]> _seeds;
    private readonly byte[][] _words;
    private readonly TestFolder _folder = new();
    private readonly string _path;
    private readonly FileStream _file;
    private readonly Timer _guard;
    private readonly List<string> _failures = [];
    private readonly SortedDictionary<string, int> _reasons = new(StringComparer.Ordinal);
    private long _startedAt = long.MaxValue;
    private int _number;

    public Fuzzer(FuzzFormat format)
    {
        _format = format;
        _seeds = format.MakeSeeds();
        _words = [.. format.Words.Select(Encoding.UTF8.GetBytes)];
        _path = _folder[$"f.{format.Name}"];
        _file = new FileStream(_path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 0);
        _guard = new Timer(_ => StopIfItHangs(), null, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));
    }

    /// <summary>What must not happen and did, the first few of each run.</summary>
    public IReadOnlyList<string> Failures => _failures;

    /// <summary>How often each reason was given, and <c>accepted</c>.</summary>
    public IReadOnlyDictionary<string, int> Reasons => _reasons;

    /// <summary>The largest allocation that reading one file made, in bytes.</summary>
    public long MostAllocatedBytes { get; private set; }

    /// <summary>The most processor time that one file took, in seconds; 0 where the system does not tell.</summary>
    public double MostSeconds { get; private set; }

    /// <summary>Checks that right files are accepted: the seeds are worth something.</summary>
    public void ReadSeeds()
    {
        foreach (byte[] seed in _seeds)
        {
            Put(seed);
            if (_format.ReadAll(_path) is { } problem) _failures.Add($"a seed is refused: {problem.Message}");
        }
    }

    /// <summary>Makes and reads some files.</summary>
    public void Run(int first, int count)
    {
        for (int number = first; number - first < count && _failures.Count < MaxFailures; number++)
        {
            _number = number;
            var mutator = new Mutator(new Random(number), _words);
            byte[] seed = _seeds[mutator.Random.Next(_seeds.Count)], other = _seeds[mutator.Random.Next(_seeds.Count)];
            bool isInside = mutator.Random.Next(3) != 0;
            Read(isInside ? _format.MutateInside(seed, other, mutator) : mutator.Mutate(seed, other), isInside);
        }
    }

    public override string ToString()
    {
        string reasons = string.Join(", ", _reasons.OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Key} {pair.Value}"));
        return string.Create(CultureInfo.InvariantCulture,
            $"fuzz {_format.Name}: {_reasons.Values.Sum():N0} files from {_seeds.Count} seeds, {_failures.Count} failures; ") +
            string.Create(CultureInfo.InvariantCulture,
                $"at most {MostAllocatedBytes / 1024.0 / 1024:N2} MiB and {MostSeconds * 1000:N0} ms of processor time a file; {reasons}");
    }

    public void Dispose()
    {
        _guard.Dispose();
        _file.Dispose();
        _folder.Dispose();
    }

    private void Read(byte[] bytes, bool isInside)
    {
        Put(bytes);
        Volatile.Write(ref _startedAt, Environment.TickCount64);
        double seconds = CpuSeconds();
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        FileProblem? problem = null;
        try
        {
            problem = _format.ReadAll(_path);
        }
        catch (Exception exception)
        {
            Fail(exception.ToString());
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        seconds = CpuSeconds() - seconds;
        Volatile.Write(ref _startedAt, long.MaxValue);
        string reason = problem?.Kind.ToString() ?? "accepted";
        _reasons[reason] = _reasons.GetValueOrDefault(reason) + 1;
        MostAllocatedBytes = Math.Max(MostAllocatedBytes, allocated);
        MostSeconds = Math.Max(MostSeconds, seconds);
        if (allocated > MaxAllocatedBytes) Fail($"{allocated} bytes were allocated for a file of {bytes.Length}");
        if (seconds > MaxSeconds) Fail($"{seconds:F1} s of processor time for a file of {bytes.Length} bytes");
        if (problem is not null && Complaint(problem, bytes.Length) is { } complaint) Fail(complaint);
        if (problem is null && !isInside && _format.IsChecksummed && !_seeds.Any(seed => seed.AsSpan().SequenceEqual(bytes)))
            Fail("a changed file was accepted, its checksums as they were");
    }

    // A reason is of use only if it names the file, fits a terminal, and its place is one that the file has.
    private string? Complaint(FileProblem problem, long length)
    {
        if (!_format.IsNamed(problem, _path)) return $"the file is not named: {problem.Message}";
        if (problem.Message.Length > 2000 || problem.Message.AsSpan().ContainsAnyInRange('\0', '\u001F'))
            return $"no message for one line: {problem.Message}";
        return problem.Offset is { } offset && (offset < 0 || offset > length) ? $"byte {offset} of {length}: {problem.Message}" : null;
    }

    private void Fail(string what)
    {
        if (_failures.Count < MaxFailures)
            _failures.Add($"{_format.Name} file {_number} (again: TINYSD_FUZZ_FROM={_number} TINYSD_FUZZ=1): {what}");
    }

    private void Put(byte[] bytes)
    {
        _file.Position = 0;
        _file.SetLength(bytes.Length);
        _file.Write(bytes);
        _file.Flush();
    }

    // A loop without an end would hang the run and say nothing.
    private void StopIfItHangs()
    {
        long startedAt = Volatile.Read(ref _startedAt);
        if (startedAt != long.MaxValue && Environment.TickCount64 - startedAt > HangSeconds * 1000L)
            Environment.FailFast($"reading {_format.Name} file {_number} takes more than {HangSeconds} s (again: " +
                $"TINYSD_FUZZ_FROM={_number} TINYSD_FUZZ=1)");
    }

    /// <summary>Processor time of this thread, in seconds; always 0 where the system does not tell.</summary>
    public static double CpuSeconds()
    {
        Span<long> time = stackalloc long[2];
        return OperatingSystem.IsLinux() && ClockGetTime(ThreadCpuClock, ref MemoryMarshal.GetReference(time)) == 0
            ? time[0] + (time[1] * 1e-9) : 0;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, ref long time);
}
