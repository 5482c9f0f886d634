namespace TinySD.Tools.Machines;

/// <summary>Puts together the profile of a machine, and says of each figure where it comes from.</summary>
internal static class DetectedProfile
{
    /// <summary>The profile.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="best">The built-in profile that fits best; it becomes the fallback, and what is neither read nor measured is
    /// its.</param>
    /// <param name="facts">What was read.</param>
    /// <param name="answers">What was measured.</param>
    /// <param name="threads">Threads of the measurements.</param>
    public static HardwareProfile From(string name, HardwareProfile best, MachineFacts facts, IReadOnlyList<TileAnswer> answers, int threads)
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
        CacheFacts caches = facts.Caches;

        // Figures that were read and made no sound profile were not taken.
        bool taken = caches.Source is not null && !ReferenceEquals(fitted, best);
        (string Name, long? Bytes)[] all = [("L1", caches.L1Bytes), ("L2", caches.L2Bytes), ("L3", caches.L3Bytes)];
        string[] read = [.. all.Where(cache => taken && cache.Bytes is not null).Select(cache => cache.Name)];
        string[] unknown = [.. all.Select(cache => cache.Name).Except(read)];
        string[] changed = [.. answers.Where(answer => answer.Chosen != answer.Default).Select(Change)];
        string[] sentences =
        [
            $"Written by 'tinysd hw detect' on {facts.Processor ?? "this machine's processor"}.",
            $"Instruction set, registers and publish setting: those of {best.Name}, the best built-in profile that runs there.",
            read.Length > 0 ? $"Read: {Words(read)} from {caches.Source}; cores, as many as the process may use." : "Read: cores, as many as the process may use.",
            unknown.Length > 0 ? $"Not known there, and taken from {best.Name}: {Words(unknown)}." : "",
            $"Tiles: timed on {Figures.Count(threads, "thread")} with products of {TileQuestion.Hidden} and {TileQuestion.StreamedHidden} units, each against the default that " +
                $"follows from the caches; {(changed.Length > 0 ? $"clearly faster and so changed: {string.Join(", ", changed)}; the rest is the default" : "nothing was clearly faster")}.",
        ];
        return string.Join(' ', sentences.Where(sentence => sentence.Length > 0));
    }

    private static string Change(TileAnswer answer) =>
        $"{answer.Question.Figure} {answer.Question.Value(answer.Chosen)} ({Figures.Fixed(answer.Gain, 2)} times as fast as {answer.Question.Value(answer.Default)})";

    private static string Words(string[] names) => names.Length == 1 ? names[0] : $"{string.Join(", ", names[..^1])} and {names[^1]}";
}
