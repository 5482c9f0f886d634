using TinySD.Tools.Json;

namespace TinySD.Tools.Training;

/// <summary>Where a run stands after an update.</summary>
/// <param name="Epoch">Counted from 1.</param>
/// <param name="Step">Updates made in it.</param>
/// <param name="Update">Updates made in all.</param>
/// <param name="LearningRate">Of the epoch.</param>
/// <param name="TotalSeconds">Time spent on the run.</param>
internal readonly record struct StepPlace(int Epoch, int Step, long Update, float LearningRate, double TotalSeconds);

/// <summary>The log of a run: a JSON object a line, each written when it happened. Nothing of the run depends on it.</summary>
internal sealed class RunLog : IDisposable
{
    /// <summary>Updates from one line to the next unless said otherwise.</summary>
    public const int DefaultEvery = 100;

    private const string Start = "start", Resumed = "resume", Step = "step", Epoch = "epoch";

    private static readonly JsonWriterOptions s_options = new() { Encoder = CliJson.Encoder };

    private readonly GrowingFile _file;
    private readonly int _every;
    private readonly ArrayBufferWriter<byte> _line = new();
    private StepPlace _place;
    private double _lossSum, _normSum, _seconds;
    private long _terms;
    private int _updates;
    private bool _hasFailed;

    private RunLog(GrowingFile file, int every)
    {
        _file = file;
        _every = every;
        IsNew = file.IsEmpty;
    }

    /// <summary>Whether it had no line when it was opened.</summary>
    public bool IsNew { get; }

    /// <summary>What the speed is called in lines of updates.</summary>
    public string SpeedName { get; init; } = "termsPerSecond";

    /// <summary>Opens the log of a new run.</summary>
    /// <param name="path">The file, which is replaced.</param>
    /// <param name="every">Updates from one line to the next.</param>
    /// <param name="speed">What the speed is called.</param>
    /// <exception cref="FileProblemException">It cannot be written.</exception>
    public static RunLog Create(string path, int every, string speed) => new(GrowingFile.Create(path), every) { SpeedName = speed };

    /// <summary>Opens the log of a run that goes on, and takes out what came after the checkpoint, which will come again.</summary>
    /// <param name="path">The file; begun where there is none.</param>
    /// <param name="every">Updates from one line to the next.</param>
    /// <param name="speed">What the speed is called.</param>
    /// <param name="from">The checkpoint.</param>
    /// <exception cref="FailureException">The file is no such log.</exception>
    /// <exception cref="FileProblemException">It cannot be read or written.</exception>
    public static RunLog Continue(string path, int every, string speed, RunState from) =>
        new(GrowingFile.Continue(path, (line, number) => IsBefore(path, line, number, from)), every) { SpeedName = speed };

    /// <summary>Says what runs, or what goes on.</summary>
    /// <param name="update">Updates made.</param>
    /// <param name="members">What there is to say of it.</param>
    /// <exception cref="FileProblemException">It cannot be written.</exception>
    public void Begin(long update, Action<JsonMembers> members) =>
        Write(IsNew ? Start : Resumed, json => members(json.Add(TrainingRecord.ThisBuild, "build").Add(update, "update")));

    /// <summary>Counts an update, and writes a line of it and those since the line before if it is time.</summary>
    /// <param name="result">What it measured.</param>
    /// <param name="seconds">Its time.</param>
    /// <param name="place">Where the run is now.</param>
    /// <param name="isLast">Whether the epoch has no more.</param>
    /// <exception cref="FileProblemException">It cannot be written.</exception>
    public void Add(StepResult result, double seconds, StepPlace place, bool isLast)
    {
        _place = place;
        _lossSum += result.Loss * result.Terms;
        _normSum += result.GradientNorm;
        _seconds += seconds;
        _terms += result.Terms;
        _updates++;
        if (isLast || place.Step % _every == 0) Flush();
    }

    /// <summary>Writes a line of the updates since the last one, if there are any: before a checkpoint, from which a run may go
    /// on.</summary>
    /// <exception cref="FileProblemException">It cannot be written.</exception>
    public void Flush()
    {
        if (_updates == 0) return;
        (double loss, double norm, double speed) = (_lossSum / _terms, _normSum / _updates, _terms / Math.Max(_seconds, 1e-9));
        (StepPlace place, int updates) = (_place, _updates);
        (_lossSum, _normSum, _seconds, _terms, _updates) = (0, 0, 0, 0, 0);
        Write(Step, json => json
            .Add(place.Epoch, "epoch").Add(place.Step, "step").Add(place.Update, "update").Add(updates, "updates").Add(loss, "loss")
            .Add(place.LearningRate, "learningRate").Add(norm, "gradientNorm").Add(place.TotalSeconds, "seconds").Add(speed, SpeedName));
    }

    /// <summary>Says what an epoch brought.</summary>
    /// <param name="update">Updates made.</param>
    /// <param name="members">Its figures.</param>
    /// <exception cref="FileProblemException">It cannot be written.</exception>
    public void AddEpoch(long update, Action<Utf8JsonWriter> members) =>
        Write(Epoch, json => json.Add(update, "update").AddAll(members));

    /// <summary>Says how the run ended.</summary>
    /// <param name="reason"><c>done</c>, <c>stopped</c>, <c>diverged</c> or <c>failed</c>.</param>
    /// <param name="update">Updates made.</param>
    /// <param name="members">What it brought.</param>
    /// <exception cref="FileProblemException">It cannot be written.</exception>
    public void End(string reason, long update, Action<JsonMembers> members)
    {
        Flush();
        Write("end", json => members(json.Add(reason, "reason").Add(update, "update")));
    }

    public void Dispose() => _file.Dispose();

    private void Write(string name, Action<JsonMembers> members)
    {
        // The first failure is told, and ends the run.
        if (_hasFailed) return;
        _line.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(_line, s_options)) new JsonMembers(writer).Write(json => members(json.Add(name, "event")));
        _line.Write("\n"u8);
        _hasFailed = true;
        _file.Add(_line.WrittenSpan);
        _hasFailed = false;
    }

    // Lines of updates that were made, and of epochs that were finished, when the checkpoint was written.
    private static bool IsBefore(string path, ReadOnlySpan<byte> line, long number, RunState from)
    {
        try
        {
            JsonElement json = JsonElement.Parse(line);
            string? name = json.GetProperty("event").GetString();
            if ((number == 1) != (name == Start)) throw NoLog(path, number, null);
            return name switch
            {
                Start => true,
                Step or Resumed => json.GetProperty("update").GetInt64() <= from.Updates,
                Epoch => json.GetProperty("epoch").GetInt32() <= from.Epochs.Count,
                _ => false,
            };
        }
        catch (Exception exception)
            when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw NoLog(path, number, exception);
        }
    }

    private static FailureException NoLog(string path, long number, Exception? cause) =>
        new($"{path}, line {number}, is no line of a run's log, and nothing was written to it.", cause)
        {
            Advice = "The log goes on where the run's is; give --log with its place, or with a new one.",
        };
}
