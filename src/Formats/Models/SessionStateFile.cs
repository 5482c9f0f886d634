using TinySD.Formats.Container;
using TinySD.Formats.Fields;

namespace TinySD.Formats.Models;

/// <summary>The section <c>session</c> of a saved state: what each tensor is.</summary>
internal sealed record StatesSection(StateEntry?[] States)
{
    /// <summary>Its members.</summary>
    public static FieldTable<StatesSection> Table { get; } = new("a session", new([]),
    [
        new Field<StatesSection, StateEntry?[]>("states", StateEntry.List, s => s.States, (s, v) => s with { States = v }),
    ]);
}

/// <summary>A state in <see cref="StatesSection.States"/>.</summary>
internal sealed record StateEntry(string Kind, int Batch, string? Model = null)
{
    /// <summary>How they are spelled.</summary>
    public static Spelling<StateEntry?[]> List { get; } = new Items<StateEntry?>(new Nested<StateEntry>(new("a state", new("", 0),
    [
        new Field<StateEntry, string>("kind", Spelling.Text, s => s.Kind, (s, v) => s with { Kind = v }),
        new Field<StateEntry, int>("batch", Spelling.Whole<int>(), s => s.Batch, (s, v) => s with { Batch = v }),
        new Field<StateEntry, string?>("model", Spelling.Text!, s => s.Model, (s, v) => s with { Model = v }) { Usual = null },
    ])));
}

/// <summary>The states of sessions, samplers and watches in <c>.tsd</c> files, kind <c>session-state</c>, each under a checksum and with
/// that of its model's numbers: a state goes on with the model that made it and no other.</summary>
/// <remarks>A file holds any number of states, in the order in which they were given, and is read into as many of the same kinds: all of
/// them, or, where anything is wrong, none.</remarks>
public static class SessionStateFile
{
    /// <summary>The kind as the header names it.</summary>
    public const string Kind = "session-state";

    /// <summary>The most states of a file.</summary>
    public const int MaxStates = 1024;

    private const string SectionName = "session", MemoryName = "the state in memory";

    // Of an entry: itself and its members.
    private const int ValuesOfEntry = 4;

    private static readonly string[] s_sections = [SectionName];

    /// <summary>Writes states whole or not at all; equal states give equal bytes.</summary>
    /// <param name="path">The target; an existing file is replaced.</param>
    /// <param name="states">Whose: sessions, samplers, watches; at least one.</param>
    /// <exception cref="FileProblemException">The target cannot be written.</exception>
    /// <exception cref="ArgumentException">There is none, or there are too many.</exception>
    public static void Save(string path, params IReadOnlyList<IStreamingState> states)
    {
        ArgumentNullException.ThrowIfNull(path);
        TsdWriter.Write(path, Kind, TensorsOf(states), json => Write(json, states));
    }

    /// <summary>The bytes that <see cref="Save"/> would write, for who has no file system.</summary>
    /// <param name="states">Whose: sessions, samplers, watches; at least one.</param>
    /// <exception cref="ArgumentException">There is none, or there are too many.</exception>
    public static byte[] ToBytes(params IReadOnlyList<IStreamingState> states) =>
        TsdWriter.ToBytes(Kind, TensorsOf(states), json => Write(json, states));

    /// <summary>Lets sessions and samplers go on where they were.</summary>
    /// <param name="path">The file.</param>
    /// <param name="states">Who goes on: as many as were saved, in the same order, of the same kinds, models and batches.</param>
    /// <exception cref="FileProblemException">The file cannot be read, is damaged, or is of other ones. All are as they were.</exception>
    public static void Load(string path, params IReadOnlyList<IStreamingState> states)
    {
        if (!TryLoad(path, states, out FileProblem? problem)) Throw.Problem(problem);
    }

    /// <summary>Lets sessions and samplers go on where they were.</summary>
    /// <param name="bytes">What <see cref="ToBytes"/> made, or the bytes of a file.</param>
    /// <param name="states">Who goes on: as many as were saved, in the same order, of the same kinds, models and batches.</param>
    /// <exception cref="FileProblemException">They are damaged, or of other ones. All are as they were.</exception>
    public static void Load(ReadOnlyMemory<byte> bytes, params IReadOnlyList<IStreamingState> states)
    {
        using TsdFile file = TsdFile.Open(bytes, MemoryName);
        if (!TryLoad(file, states, out FileProblem? problem)) Throw.Problem(problem);
    }

    /// <summary>Lets sessions and samplers go on where they were.</summary>
    /// <param name="path">The file.</param>
    /// <param name="states">Who goes on: as many as were saved, in the same order, of the same kinds, models and batches.</param>
    /// <param name="problem">Why they do not; then all are as they were.</param>
    public static bool TryLoad(string path, IReadOnlyList<IStreamingState> states, [NotNullWhen(false)] out FileProblem? problem)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!TsdFile.TryOpen(path, out TsdFile? file, out problem)) return false;
        using (file) return TryLoad(file, states, out problem);
    }

    /// <summary>Lets sessions and samplers go on where they were.</summary>
    /// <param name="file">An open file, which stays so.</param>
    /// <param name="states">Who goes on: as many as were saved, in the same order, of the same kinds, models and batches.</param>
    /// <param name="problem">Why they do not; then all are as they were.</param>
    public static bool TryLoad(TsdFile file, IReadOnlyList<IStreamingState> states, [NotNullWhen(false)] out FileProblem? problem)
    {
        ArgumentNullException.ThrowIfNull(file);
        Check(states);
        if (!SectionReader.TryRead(file, Kind, s_sections, FileProblemKind.StateInvalid, Read, out StateEntry[]? entries, out problem))
            return false;
        problem = FindMismatch(file, entries, states);
        if (problem is not null) return false;
        var words = new float[states.Count][];
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = new float[states[i].StateBytes / sizeof(float)];
            if (!file.TryReadTensor(NameOf(i), words[i], out problem)) return false;
        }

        problem = Set(file, words, states);
        return problem is null;
    }

    // All, or where one refuses what it gets, none.
    private static FileProblem? Set(TsdFile file, float[][] words, IReadOnlyList<IStreamingState> states)
    {
        byte[][] before = [.. states.Select(BytesOf)];
        int set = 0;
        try
        {
            for (; set < words.Length; set++) states[set].SetState(MemoryMarshal.AsBytes(words[set].AsSpan()));
            return null;
        }
        catch (Exception exception)
        {
            for (int i = 0; i < set; i++) states[i].SetState(before[i]);
            if (exception is not ArgumentException fault) throw;
            return Blame.Writer(FileProblemKind.StateInvalid, file.Path, $"tensor '{NameOf(set)}': {Words.OfArgument(fault)}") with
            {
                Part = NameOf(set),
                Offset = file.FindTensor(NameOf(set))!.Offset,
            };
        }
    }

    private static StateEntry[] Read(SectionReader reader)
    {
        StateEntry?[] entries = reader.Read(SectionName, StatesSection.Table, (MaxStates * ValuesOfEntry) + 2).States;
        if (entries.Length is 0 or > MaxStates)
            Throw.Argument($"there are {Words.Counted(entries.Length, "state")}; 1 to {MaxStates} were expected");
        for (int i = 0; i < entries.Length; i++)
        {
            if (entries[i] is not { } entry) Throw.Argument($"state {i} is null");
            else if (entry.Batch < 1) Throw.Argument($"the batch of state {i} is {entry.Batch}; at least 1 was expected");
            else if (entry.Model is { } model && !Checksum.IsWellFormed(model))
                Throw.Argument($"the model of state {i} is '{Words.Shown(model)}'; {Checksum.Digits} hexadecimal digits were expected");
            if (reader.File.FindTensor(NameOf(i)) is not { } tensor) Throw.Argument($"state {i} has no tensor '{NameOf(i)}'");
            else if (tensor.Storage != TensorStorage.F32 || tensor.Shape.Length != 1)
                Throw.Argument($"tensor '{NameOf(i)}' is no run of words: expected dtype f32 and one extent");
        }

        if (reader.File.Tensors.Length != entries.Length)
            Throw.Argument($"there are {Words.Counted(entries.Length, "state")} and {Words.Counted(reader.File.Tensors.Length, "tensor")}");
        return entries!;
    }

    // The file is right, and is another's.
    private static FileProblem? FindMismatch(TsdFile file, StateEntry[] entries, IReadOnlyList<IStreamingState> states)
    {
        if (entries.Length != states.Count)
        {
            string asked = $"{states.Count} {(states.Count == 1 ? "is" : "are")} asked for";
            return Other($"holds {Words.Counted(entries.Length, "state")}, and {asked}");
        }

        var models = new ModelChecksums();
        for (int i = 0; i < entries.Length; i++)
        {
            (StateEntry entry, IStreamingState state) = (entries[i], states[i]);
            string which = entries.Length == 1 ? "the state" : $"as state {i} that";
            if (entry.Kind != state.Kind)
                return Other($"holds {which} of a {Words.Shown(entry.Kind)}; that of a {state.Kind} is asked for");
            if (entry.Batch != state.Batch)
                return Other($"holds {which} of {Words.Counted(entry.Batch, "sequence")}; the session runs {state.Batch}");
            if (models.Of(state) is { } own && own != entry.Model)
            {
                string found = entry.Model is null ? "no checksum" : $"checksum {entry.Model}";
                return Other($"holds {which} of another model: its numbers have {found}, the session's model {own}");
            }

            long bytes = file.FindTensor(NameOf(i))!.Bytes;
            if (bytes != state.StateBytes)
                return Other($"holds {which} in {Words.Counted(bytes, "byte")}; the session's has {state.StateBytes}");
        }

        return null;

        FileProblem Other(string what) => new(FileProblemKind.DoesNotFit, file.Path, $"{file.Path} {what}") { Part = SectionName };
    }

    private static void Check(IReadOnlyList<IStreamingState> states)
    {
        ArgumentNullException.ThrowIfNull(states);
        if (states.Count is 0 or > MaxStates)
            Throw.Argument($"there are {Words.Counted(states.Count, "state")}; 1 to {MaxStates} were expected");
        foreach (IStreamingState state in states) ArgumentNullException.ThrowIfNull(state, nameof(states));
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<IStreamingState> states)
    {
        json.WritePropertyName(SectionName);
        var models = new ModelChecksums();
        StatesSection.Table.Write(json, new([.. states.Select(state => new StateEntry(state.Kind, state.Batch, models.Of(state)))]));
    }

    // A state's bytes as words of 32 bits.
    private static TensorToWrite[] TensorsOf(IReadOnlyList<IStreamingState> states)
    {
        Check(states);
        var layout = new ParameterLayout();
        for (int i = 0; i < states.Count; i++) layout.Add(NameOf(i), states[i].StateBytes / sizeof(float));
        var block = new ParameterBlock(layout);
        for (int i = 0; i < states.Count; i++) states[i].CopyState(MemoryMarshal.AsBytes(block[layout.Tensors[i]]));
        return [.. layout.Tensors.Select(slot => new FloatsToWrite(slot.Name, block, slot))];
    }

    private static byte[] BytesOf(IStreamingState state)
    {
        byte[] bytes = new byte[state.StateBytes];
        state.CopyState(bytes);
        return bytes;
    }

    private static string NameOf(int index) => string.Create(CultureInfo.InvariantCulture, $"state.{index}");

    // Many sessions run one model.
    private sealed class ModelChecksums
    {
        private readonly Dictionary<ParameterBlock, string> _known = new(ReferenceEqualityComparer.Instance);

        public string? Of(IStreamingState state)
        {
            if (state.Parameters is not { } parameters) return null;
            if (_known.TryGetValue(parameters, out string? checksum)) return checksum;
            return _known[parameters] = Checksum.Of(parameters);
        }
    }
}
