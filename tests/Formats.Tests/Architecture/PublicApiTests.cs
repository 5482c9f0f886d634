using TinySD.Formats.Models;

namespace TinySD.Formats.Tests;

/// <summary>The public surface of the formats is what the committed text says: it changes on purpose.</summary>
public sealed class PublicApiTests
{
    [Test]
    public async Task The_public_surface_is_the_committed_one() =>
        await Assert.That(await PublicSurface.FindChange(typeof(LanguageModelFile).Assembly, "tests/Formats.Tests/PublicApi.txt")).IsNull();
}
