namespace TinySD.Runtime.Tests;

/// <summary>The mechanism of the architecture tests, on a project of a few lines.</summary>
public sealed class RoomsTests
{
    private static readonly (string Path, string Code)[] s_project =
    [
        ("Start.cs", "namespace House;\n\ninternal enum Start;"),
        ("Low/Tile.cs", "namespace House.Low;\n\ninternal readonly struct Tile;"),
        ("Low/Lanes/Lane.cs", "namespace House.Low.Lanes;\n\ninternal interface Lane;"),
        ("Low/Own/Mark.cs", "namespace House.Low.Own;\n\npublic sealed record Mark(int At);"),
    ];

    [Test]
    [Arguments("using House.Low;", "Low")]
    [Arguments("using House.Low.Lanes;", "Low")]
    [Arguments("using House.Low.Own;", "Low.Own")]
    [Arguments("using House;", "the root")]
    [Arguments("using static House.Low.Tile;", "Low")]
    [Arguments("using Short = House.Low.Own.Mark;", "Low.Own")]
    [Arguments("House.Low.Lanes.Lane? lane;", "Low")]
    [Arguments("var x = Low.Tile.Of(y);", "Low")]
    [Arguments("var x = Low.Own.Mark.None;", "Low.Own")]
    [Arguments("object x = new Start();", "the root")]
    [Arguments("typeof(Tile)", "")]
    [Arguments("model.Low.Tile; Low.Length; Houses.Low.Tile; high.Start", "")]
    public async Task Uses_of_rooms_are_seen(string code, string expected) =>
        await Assert.That(FaultsOf("High/Use.cs", $"{code}\nnamespace House.High;\n"))
        .IsEquivalentTo(expected.Length == 0 ? Array.Empty<string>() : [$"High/Use.cs: High must not use {expected}"]);

    [Test]
    public async Task A_room_sees_what_is_around_it_and_its_own_first()
    {
        await Assert.That(FaultsOf("Low/Own/Use.cs", "namespace House.Low.Own;\nclass Use(Tile tile);"))
            .IsEquivalentTo(["Low/Own/Use.cs: Low.Own must not use Low"]);
        await Assert.That(FaultsOf("Low/Own/Use.cs", "namespace House.Low.Own;\nenum Tile;\nclass Use(Tile tile);")).IsEmpty();
    }

    [Test]
    [Arguments("class Use(Mark mark);", "High/Use.cs: High must not use Low.Own")]
    [Arguments("enum Mark; class Use(Mark mark);", null)]
    public async Task What_the_project_imports_is_seen_where_it_is_used(string code, string? expected) => await Assert
        .That(new Rooms("", "House", List([])).Faults(
            [.. s_project, ("High/Use.cs", $"namespace House.High;\n\n{code}")], "System", "House.Low.Own"))
        .IsEquivalentTo(expected is null ? Array.Empty<string>() : [expected]);

    [Test]
    public async Task What_the_list_allows_is_no_fault() =>
        await Assert.That(FaultsOf("High/Use.cs", "using House.Low;\nnamespace House.High;\n", ["Low"])).IsEmpty();

    [Test]
    [Arguments("High/Use.cs", "namespace House;", "High/Use.cs: its namespace is House, and its folder's is House.High")]
    [Arguments(
        "Low/Lanes/Use.cs", "namespace House.Low;", "Low/Lanes/Use.cs: its namespace is House.Low, and its folder's is House.Low.Lanes")]
    [Arguments("New/Use.cs", "namespace House.New;", "New/Use.cs: 'New' is no room that the list knows; give it its place there")]
    public async Task Files_in_the_wrong_place_are_seen(string path, string code, string expected) =>
        await Assert.That(FaultsOf(path, code)).IsEquivalentTo([expected]);

    [Test]
    public async Task A_room_that_is_gone_is_seen() =>
        await Assert.That(new Rooms("", "House", List([])).Faults(s_project))
            .IsEquivalentTo(["the list has High, and the project does not"]);

    [Test]
    public async Task A_circle_in_a_list_is_seen_and_every_room_comes_after_those_below_it()
    {
        await Assert.That(string.Join(' ', new Rooms("", "House", List(["Low.Own", "Low"])).Order())).IsEqualTo(" Low Low.Own High");
        var circle = new Rooms("", "House", new Dictionary<string, string[]> { ["A"] = ["B"], ["B"] = ["C"], ["C"] = ["B"] });
        await Assert.That(circle.Order).Throws<InvalidOperationException>().WithMessage("the list leads in a circle: B -> C -> B");
        var open = new Rooms("", "House", new Dictionary<string, string[]> { ["A"] = ["B"] });
        await Assert.That(open.Order).Throws<InvalidOperationException>().WithMessage("the list has no B");
    }

    private static Dictionary<string, string[]> List(string[] belowHigh) =>
        new() { [Rooms.Root] = [], ["Low"] = [], ["Low.Own"] = [], ["High"] = belowHigh };

    private static IEnumerable<string> FaultsOf(string path, string code, params string[] belowHigh) =>
        new Rooms("", "House", List(belowHigh)).Faults([.. s_project, ("High/Own.cs", "namespace House.High;"), (path, code)]);
}
