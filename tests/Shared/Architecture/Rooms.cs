using System.Text.RegularExpressions;

namespace TinySD.Tests.Shared;

/// <summary>Holds the files of a project to a written list of who may know whom.</summary>
/// <remarks>A room is a folder of the project with all below it, save what is a room of its own there. Its name is the folder's path with
/// dots, as in the namespace, and <see cref="Root"/> for what lies in no folder. A file uses a room if it names it in a using directive or
/// a full name, or names a type of it that its own namespace, or what the project file imports for all, lets it see without.</remarks>
/// <param name="folder">The project's folder in the checkout.</param>
/// <param name="root">Its root namespace.</param>
/// <param name="list">Every room, and the other rooms that each may use.</param>
internal sealed partial class Rooms(string folder, string root, IReadOnlyDictionary<string, string[]> list)
{
    /// <summary>What lies in no folder.</summary>
    public const string Root = "";

    /// <summary>What in the project is against the list: one line for each.</summary>
    public IReadOnlyList<string> Faults()
    {
        string project = File.ReadAllText(Directory.EnumerateFiles(Path.Combine(Checkout.Root, folder), "*.csproj").Single());
        return Faults([.. Repository.Sources(folder)], [.. Imported().Matches(project).Select(match => match.Groups["name"].Value)]);
    }

    /// <summary>The same of given files, by their paths in the project.</summary>
    /// <param name="files">Paths and texts.</param>
    /// <param name="imported">The namespaces that every file sees without a using directive.</param>
    public IReadOnlyList<string> Faults(IReadOnlyList<(string Path, string Code)> files, params IReadOnlyList<string> imported)
    {
        var known = new Known(files);
        string[] everywhere =
            [.. imported.Where(name => name.StartsWith(root + ".", StringComparison.Ordinal)).Select(name => name[(root.Length + 1)..])];
        var faults = new List<string>();
        foreach ((string path, string code) in files)
        {
            string space = SpaceOf(path), room = RoomOf(space);
            if (!list.TryGetValue(room, out string[]? below))
            {
                faults.Add($"{path}: '{room}' is no room that the list knows; give it its place there");
                continue;
            }

            // What begins a program is in no namespace.
            string named = Namespace().Match(code) is { Success: true } match ? match.Groups["name"].Value : root,
                wanted = Joined(root, space);
            if (named != wanted) faults.Add($"{path}: its namespace is {named}, and its folder's is {wanted}");
            IEnumerable<string> wrong = Uses(code, [.. Around(space), Root, .. everywhere], known)
                .Select(RoomOf).Distinct().Where(used => used != room && !below.Contains(used));
            faults.AddRange(wrong.Select(used => $"{path}: {Shown(room)} must not use {Shown(used)}"));
        }

        string[] found = [.. files.Select(file => RoomOf(SpaceOf(file.Path))).Distinct()];
        faults.AddRange(list.Keys.Except(found).Select(room => $"the list has {Shown(room)}, and the project does not"));
        return faults;
    }

    /// <summary>The rooms, each after all that it may use.</summary>
    /// <exception cref="InvalidOperationException">The list leads in a circle, or names a room that it does not have.</exception>
    public IReadOnlyList<string> Order()
    {
        var order = new List<string>();
        var open = new List<string>();
        foreach (string room in list.Keys) Visit(room);
        return order;

        void Visit(string room)
        {
            if (order.Contains(room)) return;
            if (!list.TryGetValue(room, out string[]? below)) throw new InvalidOperationException($"the list has no {Shown(room)}");
            if (open.Contains(room))
            {
                IEnumerable<string> circle = open.SkipWhile(at => at != room).Append(room).Select(Shown);
                throw new InvalidOperationException($"the list leads in a circle: {string.Join(" -> ", circle)}");
            }

            open.Add(room);
            foreach (string used in below) Visit(used);
            open.Remove(room);
            order.Add(room);
        }
    }

    private static string Shown(string room) => room == Root ? "the root" : room;

    private static string Joined(string space, string name) => space.Length == 0 ? name : name.Length == 0 ? space : $"{space}.{name}";

    private static string SpaceOf(string path) => path.Contains('/') ? path[..path.LastIndexOf('/')].Replace('/', '.') : Root;

    // The innermost room that a namespace is in; its outermost folder where there is none.
    private string RoomOf(string space) => Around(space).FirstOrDefault(list.ContainsKey, space.Split('.')[0]);

    // A namespace and those around it, without the root.
    private static IEnumerable<string> Around(string space)
    {
        if (space.Length == 0) return [Root];
        string[] parts = space.Split('.');
        return Enumerable.Range(0, parts.Length).Select(left => string.Join('.', parts[..^left]));
    }

    // The namespaces of the project that a file names, where it sees those given from the inside outwards.
    private HashSet<string> Uses(string code, IReadOnlyList<string> seen, Known known)
    {
        var uses = new HashSet<string>(StringComparer.Ordinal);
        foreach (Match match in Names().Matches(Namespace().Replace(code, "")))
        {
            string name = match.Value;
            if (name == root) uses.Add(Root);
            else if (name.StartsWith(root + ".", StringComparison.Ordinal))
                uses.Add(known.Walk(Root, name[(root.Length + 1)..].Split('.')).Space);
        }

        foreach (Match match in Names().Matches(Directive().Replace(code, "")))
        {
            // As the compiler looks: from the inside outwards, for a type or a namespace of that name.
            string[] parts = match.Value.Split('.');
            foreach (string around in seen)
            {
                (string at, int taken) = known.Walk(around, parts);
                if (taken == parts.Length || !known.HasType(at, parts[taken])) continue;
                uses.Add(at);
                break;
            }
        }

        return uses;
    }

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^(using (static )?[\w.]+( = [\w.<>]+)?|namespace [\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Directive();

    [GeneratedRegex("""<Using Include="(?<name>[^"]+)" */>""")]
    private static partial Regex Imported();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*(\.[A-Z]\w*)*")]
    private static partial Regex Names();

    /// <summary>The namespaces and types of a project.</summary>
    private sealed partial class Known
    {
        private readonly HashSet<string> _spaces = new(StringComparer.Ordinal);
        private readonly HashSet<(string Space, string Name)> _types = [];

        public Known(IEnumerable<(string Path, string Code)> files)
        {
            foreach ((string path, string code) in files)
            {
                string space = SpaceOf(path);
                _spaces.UnionWith(Around(space));
                _types.UnionWith(Declaration().Matches(code).Select(match => (space, match.Groups["name"].Value)));
            }
        }

        public bool HasType(string space, string name) => _types.Contains((space, name));

        /// <summary>How far a name leads into namespaces.</summary>
        public (string Space, int Taken) Walk(string from, string[] parts)
        {
            int taken = 0;
            for (; taken < parts.Length && _spaces.Contains(Joined(from, parts[taken])); taken++) from = Joined(from, parts[taken]);
            return (from, taken);
        }

        [GeneratedRegex(
            @"^((public|internal|file|static|sealed|abstract|partial|readonly|ref|unsafe) )*" +
            @"((class|struct|interface|enum|record( struct| class)?) (?<name>\w+)|delegate .*? (?<name>\w+)[(<])",
            RegexOptions.Multiline)]
        private static partial Regex Declaration();
    }
}
