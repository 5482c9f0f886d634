using TinySD.Runtime.Masks;

namespace TinySD.Runtime.Tests;

/// <summary>Names of mask places, and which of them a stack's numbering gives.</summary>
public sealed class MaskPlaceTests
{
    public static IEnumerable<Func<string>> BadNames()
    {
        yield return () => "";
        yield return () => "a\nb";
        yield return () => "a\0";
        yield return () => "\u007F";
        yield return () => "right\u202Eleft";
        yield return () => "a\u2028b";
        yield return () => "half \uD83D";
        yield return () => new string('n', 256);
        yield return () => new string('ö', 128);
    }

    [Test]
    [MethodDataSource(nameof(BadNames))]
    public async Task A_name_that_no_file_can_hold_is_refused(string name) =>
        await Assert.That(Messages.Of<ArgumentException>(() => new MaskPlace(name, 7, 1, 0f)))
            .Contains("mask place 7 needs a name of 1 to 255 bytes");

    [Test]
    [Arguments("x")]
    [Arguments("编码器 1/2")]
    [Arguments("😀")]
    public async Task Any_name_that_can_be_seen_is_taken(string name) =>
        await Assert.That(new MaskPlace(name, 7, 1, 0f).Name).IsEqualTo(name);

    [Test]
    public async Task Longest_names_are_taken() =>
        await Assert.That(new MaskPlace(new string('n', 255), 7, 1, 0f).Name.Length).IsEqualTo(255);

    [Test]
    [MatrixDataSource]
    public async Task A_place_of_a_stack_knows_its_site_and_layer(
        [Matrix(DropoutSite.Embedding, DropoutSite.Layer, DropoutSite.Recurrent, DropoutSite.Output)] DropoutSite site,
        [Matrix(0, 1, 1023)] int layer)
    {
        MaskPlace place = MaskPlace.OfStack(site, layer, 9, 0.5f);
        await Assert.That(place.Number).IsEqualTo(((int)site * 1024) + layer);
        await Assert.That(place.InStack).IsEqualTo((site, layer));
        await Assert.That(new MaskPlace(place.Name + "x", place.Number, 9, 0.5f).InStack).IsNull();
        await Assert.That(new MaskPlace("layer.77.recurrent", place.Number, 9, 0.5f).InStack).IsNull();
    }
}
