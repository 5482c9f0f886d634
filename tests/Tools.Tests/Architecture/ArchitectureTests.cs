namespace TinySD.Tools.Tests;

/// <summary>Who may know whom: fails when an arrow points the wrong way.</summary>
public sealed class ArchitectureTests
{
    // Commands know everything, and nothing but the program's start knows them. Training is what all tasks share; a task's room has its
    // data, its options and its words. Of a file of a model, Files tell what training it would take.
    private static readonly Rooms s_rooms = new("src/Tools", "TinySD.Tools", new Dictionary<string, string[]>
    {
        ["Errors"] = [],
        ["Display"] = ["Errors"],
        ["Json"] = ["Errors", "Display"],
        ["Analysis"] = ["Errors", "Display", "Json"],
        ["Machines"] = ["Display"],
        ["Options"] = ["Errors", "Display", "Machines"],
        ["Help"] = ["Errors", "Display", "Options"],
        ["Training"] = ["Errors", "Display", "Json", "Machines", "Options"],
        ["Files"] = ["Errors", "Display", "Json", "Machines", "Options", "Training"],
        ["Reproduce"] = ["Errors", "Display", "Json", "Machines", "Options", "Training"],
        ["Tasks.LanguageModeling"] = ["Errors", "Display", "Json", "Machines", "Options", "Training", "Files", "Reproduce"],
        ["Tasks.Classification"] = ["Errors", "Display", "Json", "Options", "Training", "Files", "Reproduce", "Analysis"],
        ["Tasks.Regression"] = ["Errors", "Display", "Json", "Options", "Training", "Files", "Reproduce", "Analysis"],
        ["Tasks.Tagging"] = ["Errors", "Display", "Json", "Options", "Training", "Files", "Reproduce"],
        ["Tasks.Translating"] = ["Errors", "Display", "Json", "Options", "Training", "Files", "Reproduce"],
        ["Bench"] = ["Errors", "Display", "Json", "Machines", "Options", "Training", "Tasks.LanguageModeling"],
        ["Demo"] = ["Errors", "Display", "Json", "Training", "Tasks.LanguageModeling", "Tasks.Regression", "Synthetic"],
        ["Systolic"] = ["Display", "Json", "Tasks.LanguageModeling", "Bench"],
        ["Synthetic"] = [],
        ["Commands"] =
        [
            "Errors", "Display", "Json", "Machines", "Options", "Training", "Files", "Tasks.LanguageModeling", "Bench", "Demo", "Systolic",
            "Reproduce", "Synthetic", "Tasks.Classification", "Tasks.Regression", "Tasks.Tagging", "Tasks.Translating",
            "Analysis",
        ],
        [Rooms.Root] =
        [
            "Errors", "Display", "Json", "Options", "Help", "Files", "Analysis", "Tasks.LanguageModeling", "Tasks.Classification",
            "Tasks.Regression", "Tasks.Tagging", "Tasks.Translating", "Commands",
        ],
    });

    [Test]
    public async Task Rooms_of_the_tools_use_only_the_rooms_below_them() => await Assert.That(s_rooms.Faults()).IsEmpty();

    [Test]
    public async Task The_list_of_rooms_has_no_circle() => await Assert.That(s_rooms.Order()[0]).IsEqualTo("Errors");
}
