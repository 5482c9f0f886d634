using TinySD.Formats.Container;

namespace TinySD.Formats.Tests;

public sealed class ChecksumTests
{
    // Computed by xxHash 0.8.1's own C library; the input's byte i is i mod 251. The lengths are on both sides of XXH3's changes of method.
    [Test]
    [Arguments(0, "99aa06d3014798d86001c324468d497f")]
    [Arguments(1, "a6cd5e9392000f6ac44bdff4074eecdb")]
    [Arguments(8, "e1e4432a62217fe4cfd50c61c8bb98c1")]
    [Arguments(16, "72950631827607e2842812cc870dcae2")]
    [Arguments(17, "685bc458b37d057fc06e233df7729217")]
    [Arguments(64, "9c6e140a465545e590c1971ddb04ce74")]
    [Arguments(128, "14792fc3af88dc6c05321a0b64d67b41")]
    [Arguments(129, "dd5e74ac6b45f54ebc30b63382b09a3b")]
    [Arguments(240, "65b5be86da5540e7c92b68e16f83bbb6")]
    [Arguments(241, "1da1cb61bcb8a2a102e8cd95421c6d02")]
    [Arguments(1000, "18bf41bc8229e27733ef703fb2b20ed1")]
    [Arguments(5000, "b92ec02c39d33ce7b418500fc42320ee")]
    public async Task Equals_what_the_reference_implementation_gives(int length, string expected)
    {
        byte[] input = [.. Enumerable.Range(0, length).Select(i => (byte)(i % 251))];
        await Assert.That(Checksum.Of(input)).IsEqualTo(expected);
    }

    [Test]
    [Arguments("0123456789abcdef0123456789abcdef", true)]
    [Arguments("0123456789ABCDEF0123456789abcdef", false)]
    [Arguments("0123456789abcdef0123456789abcde", false)]
    [Arguments("0123456789abcdef0123456789abcdeg", false)]
    public async Task Text_is_32_lower_case_digits(string text, bool isWellFormed) =>
        await Assert.That(Checksum.IsWellFormed(text)).IsEqualTo(isWellFormed);
}
