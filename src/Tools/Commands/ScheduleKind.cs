using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Commands;

internal sealed class ScheduleKind() : FileKind(FileFormat.MaskSchedule, "mask-schedule")
{
    public override Verification Verify(string path)
    {
        using MaskScheduleFile file = MaskScheduleFile.Open(path);
        return new(file.Length, Figures.Count(file.Info.Updates, "update"), file.Verify());
    }

    public override void Inspect(string path, Action<InspectReport> show)
    {
        using MaskScheduleFile file = MaskScheduleFile.Open(path);
        MaskScheduleInfo info = file.Info;
        var result = ScheduleResult.From(path, info, file.Length);
        show(new InspectReport(Name, path, file.Length, [])
        {
            HasTensors = false,
            Facts =
            [
                ("version", info.Version.ToString(CultureInfo.InvariantCulture)),
                ("updates", Figures.Count(info.Updates)),
                ("time steps", Figures.Count(info.TimeSteps)),
                ("seed", info.Seed.ToString(CultureInfo.InvariantCulture)),
                ("dropout", ModelSpelling.DropoutKinds.NameOf(info.Dropout.Kind) +
                    (info.Dropout.IsNested ? $", {RecipeText.Shares(info.Dropout)}" : "") + RecipeText.Counts(info.Dropout)),
                .. info.Places.Select(place =>
                    (place.Name, $"{Figures.Count(place.Units, "unit")}, drop rate {Figures.Setting(place.Rate)}")),
            ],
            Before = [("configuration", writer => new JsonMembers(writer).Write(result))],
        });
    }
}
