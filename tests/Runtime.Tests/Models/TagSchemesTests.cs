using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tests;

/// <summary>Reading, converting and checking of tags.</summary>
public sealed class TagSchemesTests
{
    private static readonly string[] s_two =
        ["O", "B-PER", "I-PER", "E-PER", "S-PER", "B-LOC", "I-LOC", "E-LOC", "S-LOC"];

    [Test]
    [Arguments("I-MISC B-MISC I-MISC", TagScheme.Iob2, "B-MISC B-MISC I-MISC")]
    [Arguments("I-MISC B-MISC I-MISC", TagScheme.Bioes, "S-MISC B-MISC E-MISC")]
    [Arguments("I-MISC B-MISC I-MISC", TagScheme.Iob1, "I-MISC B-MISC I-MISC")]
    [Arguments("I-MISC B-MISC I-MISC", TagScheme.None, "I-MISC B-MISC I-MISC")]
    [Arguments("S-MISC B-MISC E-MISC", TagScheme.Iob1, "I-MISC B-MISC I-MISC")]
    [Arguments("S-MISC B-MISC E-MISC", TagScheme.Iob2, "B-MISC B-MISC I-MISC")]
    [Arguments("U-A B-A I-A L-A O", TagScheme.Bioes, "S-A B-A I-A E-A O")]
    [Arguments("W-A B-A M-A E-A O", TagScheme.Iob1, "I-A B-A I-A I-A O")]
    [Arguments("I-PER I-LOC I-LOC O I-PER", TagScheme.Bioes, "S-PER B-LOC E-LOC O S-PER")]
    [Arguments("B-PER I-LOC", TagScheme.Iob1, "I-PER I-LOC")]
    [Arguments("E-PER E-PER I-PER", TagScheme.Bioes, "S-PER S-PER S-PER")]
    [Arguments("B-PER I-PER B-PER", TagScheme.Bioes, "B-PER E-PER S-PER")]
    [Arguments("I-drug-name I-drug B-drug", TagScheme.Iob2, "B-drug-name B-drug B-drug")]
    [Arguments("B I O I B", TagScheme.Bioes, "B E O S S")]
    [Arguments("NN -X- . O-PER I-PER X-PER I-PER", TagScheme.Bioes, "NN -X- . O-PER S-PER X-PER S-PER")]
    [Arguments("O", TagScheme.Bioes, "O")]
    [Arguments("", TagScheme.Bioes, "")]
    public async Task Tags_are_written_in_another_scheme(string tags, TagScheme scheme, string expected) =>
        await Assert.That(string.Join(' ', TagSchemes.Convert(Tags(tags), scheme))).IsEqualTo(expected);

    [Test]
    [Arguments("I-PER I-PER O B-LOC", "0-2 PER, 3-4 LOC")]
    [Arguments("B-PER I-PER B-PER I-LOC", "0-2 PER, 2-3 PER, 3-4 LOC")]
    [Arguments("B-PER E-PER I-PER S-PER I-PER", "0-2 PER, 2-3 PER, 3-4 PER, 4-5 PER")]
    [Arguments("E-PER B-PER E-PER", "0-1 PER, 1-3 PER")]
    [Arguments("I I B", "0-2 , 2-3 ")]
    [Arguments("O . NN", "")]
    public async Task Entities_are_found_by_the_rules_of_conlleval(string tags, string expected) =>
        await Assert.That(string.Join(", ", TagSchemes.FindEntities(Tags(tags)).Select(own => $"{own.Start}-{own.End} {own.Type}")))
            .IsEqualTo(expected);

    [Test]
    public async Task Every_way_to_lay_entities_is_read_back_from_every_scheme_and_keeps_it()
    {
        foreach (EntitySpan[] entities in Layouts(length: 5))
        {
            foreach (TagScheme scheme in new[] { TagScheme.Iob1, TagScheme.Iob2, TagScheme.Bioes })
            {
                string[] tags = Written(entities, length: 5, scheme);
                await Assert.That(TagSchemes.FindEntities(tags).SequenceEqual(entities)).IsTrue().Because(string.Join(' ', tags));
                await Assert.That(IsLegal(tags, scheme)).IsTrue().Because(string.Join(' ', tags));
                foreach (TagScheme other in new[] { TagScheme.Iob1, TagScheme.Iob2, TagScheme.Bioes })
                {
                    await Assert.That(TagSchemes.Convert(tags, other).SequenceEqual(Written(entities, 5, other))).IsTrue()
                        .Because(string.Join(' ', tags));
                }
            }
        }
    }

    [Test]
    [Arguments(TagScheme.Iob1)]
    [Arguments(TagScheme.Iob2)]
    [Arguments(TagScheme.Bioes)]
    public async Task A_scheme_allows_exactly_what_can_be_written_in_it(TagScheme scheme)
    {
        var possible = Layouts(length: 3).Select(entities => string.Join(' ', Written(entities, 3, scheme))).ToHashSet();
        int legal = 0;
        foreach (string first in s_two)
        {
            foreach (string second in s_two)
            {
                foreach (string third in s_two)
                {
                    bool isLegal = IsLegal([first, second, third], scheme);
                    legal += isLegal ? 1 : 0;
                    string tags = $"{first} {second} {third}";
                    await Assert.That(isLegal).IsEqualTo(possible.Contains(tags)).Because(tags);
                }
            }
        }

        await Assert.That(legal).IsEqualTo(possible.Count);
    }

    [Test]
    public async Task Plain_tags_follow_each_other_in_any_order()
    {
        foreach (string tag in new[] { "NN", "I-PER", "E", "." })
        {
            await Assert.That(TagSchemes.CanStart(tag, TagScheme.None) && TagSchemes.CanEnd(tag, TagScheme.None)).IsTrue();
            await Assert.That(TagSchemes.IsAllowed("B-LOC", tag, TagScheme.None)).IsTrue();
        }

        await Assert.That(TagSchemes.IsAllowed("-X-", "B-PER", TagScheme.Bioes)).IsTrue();
        await Assert.That(TagSchemes.IsAllowed("B-PER", "-X-", TagScheme.Bioes)).IsFalse();
    }

    [Test]
    [Arguments("I-PER O | I-LOC B-LOC", TagScheme.Iob1)]
    [Arguments("B-PER I-PER B-PER", TagScheme.Iob2)]
    [Arguments("I-PER", TagScheme.Iob1)]
    [Arguments("O | B-PER O", TagScheme.Iob2)]
    [Arguments("O | S-PER O", TagScheme.Bioes)]
    [Arguments("B-PER L-PER O", TagScheme.Bioes)]
    [Arguments("B I O", TagScheme.Iob2)]
    [Arguments("B E O S", TagScheme.Bioes)]
    [Arguments("DT NN O .", TagScheme.None)]
    [Arguments("H E C B S", TagScheme.None)]
    [Arguments("O O | -X- | O", null)]
    [Arguments("", null)]
    public async Task The_scheme_of_a_text_is_found(string text, TagScheme? scheme) =>
        await Assert.That(TagSchemes.Detect(Sentences(text))).IsEqualTo(new SchemeFinding(scheme, null));

    [Test]
    [Arguments("B-PER I-PER | O B-LOC | O I-LOC | I-LOC", TagScheme.Iob2, 2, 1, 2, "'I-LOC' cannot follow 'O' in IOB2")]
    [Arguments("B-PER I-PER | O B-LOC | I-LOC", TagScheme.Iob2, 2, 0, 1, "'I-LOC' cannot begin a sentence in IOB2")]
    [Arguments("I-PER I-PER | I-PER I-LOC | O B-LOC", TagScheme.Iob1, 2, 1, 1, "'B-LOC' cannot follow 'O' in IOB1")]
    [Arguments("S-PER | B-PER E-PER | O B-LOC", TagScheme.Bioes, 2, 1, 1, "'B-LOC' cannot end a sentence in BIOES")]
    [Arguments("S-PER | B-PER O | S-PER", TagScheme.Bioes, 1, 1, 1, "'O' cannot follow 'B-PER' in BIOES")]
    [Arguments("B-PER I-PER | B-LOC | S-PER", TagScheme.Iob2, 2, 0, 1, "IOB2 has no 'S-PER'")]
    [Arguments("B-PER I-PER | B-LOC | O PER", TagScheme.Iob2, 2, 1, 1,
        "'PER' is neither O nor B-, I-, E- or S- with a type, as IOB2 has them")]
    [Arguments("NN DT | NN I-PER | .", TagScheme.None, 1, 1, 1, "'I-PER' is an entity's tag among plain tags")]
    public async Task Mixed_schemes_are_told_by_the_first_tag_that_contradicts(
        string text, TagScheme scheme, int sentence, int word, long count, string reason) =>
        await Assert.That(TagSchemes.Detect(Sentences(text)))
            .IsEqualTo(new SchemeFinding(scheme, new SchemeFault(sentence, word, count, reason)));

    [Test]
    public async Task Wrong_calls_are_told()
    {
        await Assert.That(Messages.Of<ArgumentException>(() => TagSchemes.FindEntities(["O", null!])))
            .IsEqualTo("the tag of word 1 of a sentence is null");
        await Assert.That(Messages.Of<ArgumentException>(() => TagSchemes.Convert(["O"], (TagScheme)9))).Contains("one of its names");
    }

    private static bool IsLegal(string[] tags, TagScheme scheme)
    {
        bool isLegal = TagSchemes.CanStart(tags[0], scheme) && TagSchemes.CanEnd(tags[^1], scheme);
        for (int i = 1; i < tags.Length; i++) isLegal &= TagSchemes.IsAllowed(tags[i - 1], tags[i], scheme);
        return isLegal;
    }

    // Every set of entities of two types that do not overlap, in a sentence of so many words.
    private static IEnumerable<EntitySpan[]> Layouts(int length, int from = 0)
    {
        if (from == length)
        {
            yield return [];
            yield break;
        }

        foreach (EntitySpan[] rest in Layouts(length, from + 1)) yield return rest;
        for (int end = from + 1; end <= length; end++)
        {
            foreach (EntitySpan[] rest in Layouts(length, end))
            {
                yield return [new(from, end, "PER"), .. rest];
                yield return [new(from, end, "LOC"), .. rest];
            }
        }
    }

    // From the schemes' definitions.
    private static string[] Written(EntitySpan[] entities, int length, TagScheme scheme)
    {
        string[] tags = [.. Enumerable.Repeat("O", length)];
        foreach (EntitySpan own in entities)
        {
            for (int at = own.Start; at < own.End; at++) tags[at] = $"I-{own.Type}";
            bool isSplit = entities.Any(other => other.End == own.Start && other.Type == own.Type);
            if (scheme != TagScheme.Iob1 || isSplit) tags[own.Start] = $"B-{own.Type}";
            if (scheme != TagScheme.Bioes) continue;
            tags[own.End - 1] = $"E-{own.Type}";
            if (own.End - own.Start == 1) tags[own.Start] = $"S-{own.Type}";
        }

        return tags;
    }

    private static string[] Tags(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string[][] Sentences(string text) => [.. text.Split('|').Select(Tags)];
}
