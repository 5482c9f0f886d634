namespace TinySD.Tools.Machines;

/// <summary>Puts together the profile of a machine, and says of each figure where it comes from.</summary>
internal static class DetectedProfile
{
    private static readonly string[] s_caches = ["L1", "L2", "L3"];

    /// <summary>The profile: what is neither read nor measured is that of the built-in one that fits best, which becomes the
    /// fallback.</summary>
    public static HardwareProfile From(
        string name, HardwareProfile best, MachineFacts facts, IReadOnlyList<TileAnswer> answers, int threads)
    {
        HardwareProfile fitted = ProfileFit.Fit(best, facts);
        var profile = fitted with
        {
            Name = name,
            Description = Describe(best, fitted, facts, answers, threads),
            Fallback = best.Name,
            Simd = fitted.Simd! with { Tiles = answers is [.., { } last] ? last.Chosen : fitted.Simd.Tiles },
        };
        profile.Validate();
        return profile;
    }

    private static string Describe(
        HardwareProfile best, HardwareProfile fitted, MachineFacts facts, IReadOnlyList<TileAnswer> answers, int threads)
    {
        // Figures that were read and made no sound profile were not taken.
        bool taken = facts.Caches.Source is not null && !ReferenceEquals(fitted, best);
        string[] read = taken ? [.. facts.Caches.Known.Select(cache => cache.Name)] : [];
        string[] unknown = [.. s_caches.Except(read)];
        string[] changed =
        [
            .. answers.Where(answer => answer.IsChanged).Select(answer =>
                $"{answer.Question.Figure} {answer.Found} ({Figures.Fixed(answer.Gain, 2)} times as fast as {answer.Usual})"),
        ];
        string caches = read.Length > 0 ? $"{Words(read)} from {facts.Caches.Source}; " : "";
        string outcome = changed.Length > 0
            ? $"clearly faster and so changed: {string.Join(", ", changed)}; the rest is the default"
            : "nothing was clearly faster";
        string[] sentences =
        [
            $"Written by 'tinysd hw detect' on {facts.Processor ?? "this machine's processor"}.",
            $"Instruction set, registers and publish setting: those of {best.Name}, the best built-in profile that runs there.",
            $"Read: {caches}cores, as many as the process may use.",
            unknown.Length > 0 ? $"Not known there, and taken from {best.Name}: {Words(unknown)}." : "",
            $"Tiles: timed on {Figures.Count(threads, "thread")} with products of {TileQuestion.Hidden} and " +
                $"{TileQuestion.StreamedHidden} units, each against the default that follows from the caches; {outcome}.",
        ];
        return string.Join(' ', sentences.Where(sentence => sentence.Length > 0));
    }

    private static string Words(string[] names) => names.Length == 1 ? names[0] : $"{string.Join(", ", names[..^1])} and {names[^1]}";
}
