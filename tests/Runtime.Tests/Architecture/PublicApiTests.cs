using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tests;

/// <summary>The public surface of the runtime is what the committed text says: it changes on purpose.</summary>
public sealed class PublicApiTests
{
    [Test]
    public async Task The_public_surface_is_the_committed_one() =>
        await Assert.That(await PublicSurface.FindChange(typeof(LanguageModel).Assembly, "tests/Runtime.Tests/PublicApi.txt")).IsNull();
}
