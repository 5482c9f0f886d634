using System.CommandLine;
using TinySD.Benchmarks.Steps;
using TinySD.Runtime.Ops;

namespace TinySD.Benchmarks.Commands;

/// <summary>Options that more than one command has.</summary>
internal static class CommonOptions
{
    /// <summary>A whole number in a range.</summary>
    public static Option<int> Whole(string name, int defaultValue, int min, int max, string help)
    {
        var option = new Option<int>(name) { HelpName = "N", Description = help, DefaultValueFactory = _ => defaultValue };
        option.Validators.Add(result =>
        {
            // A word that is no number has its own complaint.
            if (result.Tokens is [{ } word] && int.TryParse(word.Value, out int value) && (value < min || value > max))
                result.AddError($"{name} is {value}; expected {min} to {max}.");
        });
        return option;
    }

    /// <summary>A size that stands in the place of the preset's.</summary>
    public static Option<int?> Sized(string name, int max, string help)
    {
        var option = new Option<int?>(name) { HelpName = "N", Description = $"{help} [default: the preset's]" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is { } value && (value < 1 || value > max))
                result.AddError($"{name} is {value}; expected 1 to {max}.");
        });
        return option;
    }

    /// <summary>A drop rate.</summary>
    public static Option<float?> Rate(string help)
    {
        var option = new Option<float?>("--rate") { HelpName = "X", Description = help };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<float?>() is { } rate && !(rate > 0f && rate < 1f))
                result.AddError($"--rate is {rate}; expected above 0 and below 1.");
        });
        return option;
    }

    /// <summary>Threads to compute with.</summary>
    public static Option<int> Threads() => Whole("--threads", 1, 1, 1024, "Threads to compute with.");

    /// <summary>Width of the registers.</summary>
    public static Option<int?> Lanes()
    {
        var option =
            new Option<int?>("--lanes") { HelpName = "4|8|16", Description = "Floats of a register. [default: the widest there is]" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is { } width && (width is not (4 or 8 or 16) || width > KernelChoice.WidestLanes))
                result.AddError($"--lanes is {width}; expected 4, 8 or 16, and at most {KernelChoice.WidestLanes} on this machine.");
        });
        return option;
    }

    /// <summary>What to measure beside TinySD.</summary>
    public static Option<string?> Peer()
    {
        var option = new Option<string?>("--peer")
        {
            Description = "Measure this library too. Needs a build with -p:Libtorch=true. To give it huge pages, set "
                + "GLIBC_TUNABLES=glibc.malloc.hugetlb=1 in the environment before starting; the result says whether it was set.",
        };
        option.AcceptOnlyFromAmong(StepReport.Peer);
        return option;
    }

    /// <summary>What to step beside TinySD.</summary>
    public static Option<string?> InferencePeer()
    {
        var option = new Option<string?>("--peer")
        {
            Description = "Measure this library too. Needs a build with -p:OnnxRuntime=true.",
        };
        option.AcceptOnlyFromAmong(InferenceStepsCommand.Peer);
        return option;
    }

    /// <summary>How long a race of inference is.</summary>
    public static (Option<int> Rounds, Option<int> BlockMilliseconds, Option<int> OtherMebibytes) Race() => (
        Whole("--rounds", 40, 1, 100_000, "Rounds, in each of which every contestant has its turn."),
        Whole("--block-ms", 5, 1, 10_000, "Milliseconds that calls in a row take in a round, about; always at least one call."),
        Whole("--other-mib", 64, 1, 4096, "Mebibytes that other work walks over before the single call that is timed after it."));

    /// <summary>The result as JSON.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Write the result as JSON instead of Markdown." };

    /// <summary>Where the result is kept.</summary>
    public static Option<string?> Out() => new("--out")
    {
        HelpName = "FILE.md",
        Description = "Also write the result into this file: a section of the same title is replaced, others stay.",
    };
}
