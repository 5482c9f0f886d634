namespace TinySD.Tools.Options;

/// <summary>The names that a command uses in a folder that it fills.</summary>
/// <param name="IsOwn">Whether a path, relative to the folder, is one of them.</param>
/// <param name="List">The files of those names that a folder holds, which the command reads too.</param>
/// <param name="What">What such a file is, as the rest of a sentence that begins with its name.</param>
internal sealed record OwnNames(Func<string, bool> IsOwn, Func<string, IEnumerable<string>> List, string What);

/// <summary>The files that one command line reads and writes, and the folders that it fills: compared with each other before the command
/// does anything, by what they are and not by how they are spelled.</summary>
/// <remarks>What options and arguments name is compared for every command, before it is called. A command that knows of more compares
/// again.</remarks>
internal sealed class CommandFiles
{
    private readonly List<Entry> _inputs = [], _outputs = [];
    private readonly List<(Entry Folder, OwnNames Own)> _filled = [];

    // What takes standard input, and whether that is to be like a file.
    private readonly Dictionary<string, bool> _standardInputs = [];

    /// <summary>Whether an input file is standard input, to be kept and read like any other.</summary>
    public bool NeedsStandardInput => _standardInputs.ContainsValue(true);

    public IEnumerable<string> Inputs => _inputs.Select(entry => entry.Path);

    public IEnumerable<string> Outputs => _outputs.Select(entry => entry.Path);

    private IEnumerable<Entry> All => _inputs.Concat(_outputs).Concat(_filled.Select(filled => filled.Folder));

    /// <summary>Adds what the options and arguments of a command line name.</summary>
    public CommandFiles Add(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        IEnumerable<Symbol> symbols = [.. command.Arguments, .. command.Options];
        foreach (IFileSymbol symbol in symbols.OfType<IFileSymbol>()) symbol.Declare(parsed, this);
        return command is IAnswersInput ? ReadStandardInput("what is to be answered") : this;
    }

    /// <summary>Adds a file that is read, unless its path is null or empty, and what messages call it: the option or argument.</summary>
    public CommandFiles Read(string? path, string name)
    {
        // What stands for standard input is no file.
        if (path == SpooledInput.Name)
        {
            _standardInputs[name] = true;
            return this;
        }

        if (Entry.Of(path, name) is { } entry) _inputs.Add(entry);
        return this;
    }

    /// <summary>Adds files that only reading another has shown, for example those in which a model's weights lie.</summary>
    public CommandFiles Read(IEnumerable<string> paths, string name)
    {
        foreach (string path in paths) Read(path, name);
        return this;
    }

    /// <summary>Adds what reads standard input by itself, as it comes.</summary>
    public CommandFiles ReadStandardInput(string name)
    {
        _standardInputs.TryAdd(name, false);
        return this;
    }

    /// <summary>Adds a file that is written, likewise.</summary>
    public CommandFiles Write(string? path, string name)
    {
        if (Entry.Of(path, name) is { } entry) _outputs.Add(entry);
        return this;
    }

    /// <summary>Adds a folder in which files are read, written and removed under names of the program's own, likewise.</summary>
    public CommandFiles Fill(string? path, string name, OwnNames own)
    {
        if (Entry.Of(path, name) is { } entry) _filled.Add((entry, own));
        return this;
    }

    /// <summary>Refuses a file that is written and is also read, or written for something else; and standard input that is read
    /// twice.</summary>
    /// <exception cref="UsageException">There is one; the message names both, and says why they are the same if spelled
    /// otherwise.</exception>
    public CommandFiles Check()
    {
        if (_standardInputs.Count > 1 && NeedsStandardInput)
        {
            string[] names = [.. _standardInputs.Keys];
            throw new UsageException(
                $"{names[0]} and {names[1]} are both standard input ({SpooledInput.Name}), which there is once; give a file for one of " +
                "them.");
        }

        for (int i = 0; i < _outputs.Count; i++)
        {
            foreach (Entry other in _inputs.Concat(_outputs.Take(i))) Check(_outputs[i], other);
            foreach ((Entry folder, OwnNames own) in _filled) Check(_outputs[i], folder, own);
        }

        foreach (Entry input in _inputs)
        {
            foreach ((Entry folder, OwnNames own) in _filled) CheckIsNotOwn(input, folder, own);
        }

        return this;
    }

    /// <summary>Whether a path is, or leads to, or holds, what this command line names.</summary>
    public bool IsTaken(string path)
    {
        var identity = FileIdentity.Of(path);
        return All.Any(entry => entry.Identity.Equals(identity) || entry.Identity.IsInside(identity, out _));
    }

    private static void Check(Entry output, Entry other)
    {
        if (output.Name == other.Name) return;
        if (output.Identity.Equals(other.Identity)) throw Same(output, other);
        CheckIsNotUnder(other, output);
        if (AtomicFile.IsLeftover(other.Identity, output.Identity))
        {
            string both = $"{other.Name} {other.Path} has the name of an unfinished file of {output.Name} {output.Path}";
            throw new UsageException($"{both}, which would be removed; rename it.");
        }
    }

    private static void Check(Entry output, Entry folder, OwnNames own)
    {
        if (output.Identity.Equals(folder.Identity)) throw Same(output, folder);
        CheckIsNotUnder(folder, output);
        CheckIsNotOwn(output, folder, own);
        if (!Path.Exists(output.Path) || !Directory.Exists(folder.Path)) return;
        foreach (string file in own.List(folder.Path))
        {
            var identity = FileIdentity.Of(file);
            if (!output.Identity.Equals(identity)) continue;
            throw new UsageException(
                $"{output.Name} {output.Path} {own.What}, {file}: {Why(output.Identity, identity)}; give another name.");
        }
    }

    private static void CheckIsNotOwn(Entry file, Entry folder, OwnNames own)
    {
        if (!file.Identity.IsInside(folder.Identity, out string relative) || !own.IsOwn(relative)) return;
        string there = Path.Combine(folder.Path, relative);
        bool isPlain = Path.GetFullPath(there) == Path.GetFullPath(file.Path);
        string also = isPlain ? "" : $", {there}: {Why(file.Identity, FileIdentity.Of(there))}";
        throw new UsageException($"{file.Name} {file.Path} {own.What}{also}; give another name.");
    }

    private static UsageException Same(Entry output, Entry other)
    {
        string what = output.Name == "--report" ? "the report" : "what is written";
        string both = $"{output.Name} and {other.Name} are the same file, {output.Path}";
        if (output.Path != other.Path)
        {
            both = $"{output.Name} {output.Path} and {other.Name} {other.Path} are the same file";
            bool isPlain = Path.GetFullPath(output.Path) == Path.GetFullPath(other.Path);
            if (!isPlain) both += $": {Why(output.Identity, other.Identity)}";
        }

        return new UsageException($"{both}; {what} would replace the other.");
    }

    // Where there is a folder already, its writer says so.
    private static void CheckIsNotUnder(Entry inner, Entry output)
    {
        if (Directory.Exists(output.Path) || !inner.Identity.IsInside(output.Identity, out _)) return;
        string both = $"{inner.Name} {inner.Path} lies under {output.Name} {output.Path}";
        throw new UsageException($"{both}, which is to be a file and no folder; give another name.");
    }

    // Why two spellings are of one file: the first link that only one of them goes through, or else both are names of it by own right.
    private static string Why(FileIdentity one, FileIdentity other)
    {
        (string Path, string Target)[] links = [.. one.Links.Except(other.Links), .. other.Links.Except(one.Links)];
        if (links is [(string path, string target), ..]) return $"{path} is a symbolic link to {target}";
        return one.Names > 1 ? "they are two names of one file, by a hard link" : "the system knows it by both names";
    }

    private sealed record Entry(string Path, string Name, FileIdentity Identity)
    {
        public static Entry? Of(string? path, string name) =>
            string.IsNullOrEmpty(path) || path.Contains('\0') ? null : new Entry(path, name, FileIdentity.Of(path));
    }
}
