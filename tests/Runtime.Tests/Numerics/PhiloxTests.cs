using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Tests;

public sealed class PhiloxTests
{
    // Known answers published with the generator (Random123, kat_vectors, philox4x32 10).
    [Test]
    [Arguments(0L)]
    [Arguments(5L)]
    [Arguments(8L)]
    [Arguments(PhiloxStream.Length - 1)]
    [Arguments(PhiloxStream.Length - 4)]
    public async Task A_stream_goes_on_from_any_position(long position)
    {
        var stream = new PhiloxStream(7, RandomPurpose.Sampling, 0) { Position = position };
        (uint X0, uint X1, uint X2, uint X3) block = Philox.Block((uint)(position / 4), stream.C1, stream.C2, stream.C3, 7, 0);
        await Assert.That(stream.Position).IsEqualTo(position);
        await Assert.That(stream.Next()).IsEqualTo((position % 4) switch { 0 => block.X0, 1 => block.X1, 2 => block.X2, _ => block.X3 });
        await Assert.That(stream.Position).IsEqualTo((position + 1) % PhiloxStream.Length);
        await Assert.That(stream.Seed).IsEqualTo(7UL);
    }

    [Test]
    [Arguments(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [Arguments(
        0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [Arguments(
        0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public async Task Block_gives_the_published_answers(
        uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint x0, uint x1, uint x2, uint x3)
    {
        await Assert.That(Philox.Block(c0, c1, c2, c3, k0, k1)).IsEqualTo((x0, x1, x2, x3));
    }

    [Test]
    public async Task A_stream_gives_the_words_of_its_blocks_in_order()
    {
        const ulong seed = 0x0123456789ABCDEF;
        var stream = new PhiloxStream(seed, RandomPurpose.Sampling, 5, 6, 7);
        uint[] found = new uint[12];
        foreach (ref uint word in found.AsSpan()) word = stream.Next();

        var expected = new List<uint>();
        for (uint block = 0; block < 3; block++)
        {
            (uint x0, uint x1, uint x2, uint x3) = Philox.Block(block, 5, 6, (3u << 28) | 7, 0x89ABCDEF, 0x01234567);
            expected.AddRange([x0, x1, x2, x3]);
        }

        await Assert.That(string.Join(' ', found)).IsEqualTo(string.Join(' ', expected));
    }

    [Test]
    public async Task Words_drawn_together_are_those_drawn_one_by_one()
    {
        PhiloxStream together = new(3, RandomPurpose.Mask, 1, 2, 3), oneByOne = together;
        uint[] found = new uint[24], expected = new uint[25];
        together.Next(found.AsSpan(0, 16));
        together.Next(found.AsSpan(16, 8));
        foreach (ref uint word in expected.AsSpan()) word = oneByOne.Next();
        await Assert.That(found.AsSpan().SequenceEqual(expected.AsSpan(0, 24))).IsTrue();
        await Assert.That(together.Next()).IsEqualTo(expected[24]);
    }

    [Test]
    public async Task Streams_of_another_seed_purpose_or_coordinate_give_other_words()
    {
        PhiloxStream[] streams =
        [
            new(1, RandomPurpose.Mask, 0), new(2, RandomPurpose.Mask, 0), new(1ul << 32, RandomPurpose.Mask, 0),
            new(1, RandomPurpose.Sampling, 0),
            new(1, RandomPurpose.Initialization, 0), new(1, RandomPurpose.Mask, 1), new(1, RandomPurpose.Mask, 0, 1),
            new(1, RandomPurpose.Mask, 0, 0, 1),
        ];
        await Assert.That(streams.Select(stream => stream.Next()).Distinct()).Count().IsEqualTo(streams.Length);
    }

    [Test]
    public async Task Fractions_take_the_upper_bits_of_the_words()
    {
        var words = new PhiloxStream(3, RandomPurpose.Sampling, 0);
        PhiloxStream singles = words, doubles = words;
        for (int i = 0; i < 100; i++)
        {
            uint high = words.Next(), low = words.Next();
            await Assert.That(singles.NextSingle()).IsEqualTo((high >> 8) / 16777216f);
            singles.NextSingle();
            await Assert.That(doubles.NextDouble()).IsEqualTo(((((ulong)high << 32) | low) >> 11) / 9007199254740992.0);
        }
    }
}
