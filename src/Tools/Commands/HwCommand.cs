using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

internal static class HwCommand
{
    public static Command Create(CommonOptions common)
    {
        var list = new Command("list", "List the built-in hardware profiles, and which of them run here.");
        list.SetAction(parsed => List(common.Read(parsed)));
        var name = new FileArgument("NAME", "A built-in profile, or a file.", (files, value) => Profiles.Declare(files, value, "NAME"));
        var show = new Command("show", "Show a hardware profile as its file has it.") { name };
        show.SetAction(parsed => Show(common.Read(parsed), parsed.GetRequiredValue(name)));
        return new Command("hw", "Show, find and simulate hardware profiles. They are what a machine is, as far as it matters to speed.")
        {
            new HwDetectCommand(common), list, show, new HwSimulateCommand(common),
        };
    }

    private static int List(CliContext context)
    {
        CpuFeatures here = CpuFeatures.Here;
        string? best = BuiltInProfiles.BestFor(here)?.Name, less = Profiles.BuiltForLess(here);
        ProfileResult[] results =
        [
            .. ImmutableArray.CreateRange(BuiltInProfiles.All, p => new ProfileResult(
                p.Name, p.Kind == HardwareKind.Simd ? "simd" : "systolic", p.Description, p.Fallback,
                p.Simd is { } simd && here.Runs(simd.Instructions), p.Name == best)),
        ];
        if (context.Json)
        {
            CliJson.Write(context.Console.Out, new ProfileListResult(results, less));
            return ExitCode.Done;
        }

        var table = new Table("profile", "kind", "fallback", "here");
        foreach (ProfileResult p in results)
        {
            string runs = p.IsDefault ? "the default" : p.RunsHere ? "runs" : p.Kind == "simd" ? "does not run" : "";
            table.Row(p.Name, p.Kind, p.Fallback ?? "", runs);
        }

        context.Console.Write(table);
        if (less is not null) context.Console.Prose.WriteLine(less);
        return ExitCode.Done;
    }

    // A profile file is JSON, and reads well enough for people too.
    private static int Show(CliContext context, string name)
    {
        HardwareProfile profile = Profiles.Find(name, "NAME")[0];
        using var text = new MemoryStream();
        HardwareProfileFile.Write(text, profile);
        context.Console.Out.Write(Encoding.UTF8.GetString(text.ToArray()));
        if (!context.Json && Profiles.BuiltForLess(CpuFeatures.Here) is { } less) context.Console.Error.WriteLine(less);
        return ExitCode.Done;
    }
}
