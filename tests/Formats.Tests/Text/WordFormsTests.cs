using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

public sealed class WordFormsTests
{
    private static readonly ConllSentence[] s_train =
    [
        new(["The", "cat", "saw", "the", "Cat", "in", "1987"]),
        new([]),
        new(["the", "cat", "of", "2001", "💡"]),
    ];

    [Test]
    [Arguments(false, false, "<unk> cat the 1987 2001 Cat The in of saw 💡")]
    [Arguments(true, false, "<unk> cat the 1987 2001 in of saw 💡")]
    [Arguments(false, true, "<unk> 0000 cat the Cat The in of saw 💡")]
    [Arguments(true, true, "<unk> cat the 0000 in of saw 💡")]
    public async Task Words_are_counted_as_they_are_looked_up_and_the_most_frequent_come_first(bool isLower, bool zeroes, string expected)
    {
        var forms = WordForms.Build(s_train, new() { IsLowerCase = isLower, ZeroesDigits = zeroes });
        await Assert.That(string.Join(' ', forms.Words.Tokens)).IsEqualTo(expected);
    }

    [Test]
    public async Task Characters_keep_their_case_and_lose_their_digits_if_asked()
    {
        var forms = WordForms.Build(s_train, new() { IsLowerCase = true, ZeroesDigits = true });
        await Assert.That(string.Join(' ', forms.Characters.Tokens)).IsEqualTo("<unk> 0 t a e h c C T f i n o s w 💡");
        string shown = string.Concat(forms.CharactersOf("Tha3é💡\uD83D").Select(id => forms.Characters[id]));
        await Assert.That(shown).IsEqualTo("Tha0<unk>💡<unk>");
        await Assert.That(forms.CharactersOf("").Length).IsEqualTo(0);
    }

    [Test]
    public async Task Words_at_tagging_are_seen_as_in_training_and_unknown_ones_are_number_0()
    {
        var forms = WordForms.Build(s_train, new() { IsLowerCase = true, ZeroesDigits = true });
        await Assert.That(forms.IdOf("CAT")).IsEqualTo(forms.IdOf("cat")).And.IsGreaterThan(0);
        await Assert.That(forms.IdOf("4711")).IsEqualTo(forms.IdOf("1987")).And.IsGreaterThan(0);
        await Assert.That(forms.IdOf("٣٤٥٦")).IsEqualTo(forms.IdOf("1987"));
        foreach (string strange in new[] { "dog", "", "a b", "\0", "\uD83D", "<unk>", new string('x', 5000) })
            await Assert.That(forms.IdOf(strange)).IsEqualTo(0);
    }

    [Test]
    public async Task Rare_words_may_be_left_out()
    {
        await Assert.That(string.Join(' ', WordForms.Build(s_train, null, minimumCount: 2).Words.Tokens)).IsEqualTo("<unk> cat the");
        await Assert.That(string.Join(' ', WordForms.Build(s_train, null, maximumSize: 2).Words.Tokens)).IsEqualTo("<unk> cat");
        await Assert.That(string.Join(' ', WordForms.Build(s_train, null, minimumCount: 9).Words.Tokens)).IsEqualTo("<unk>");
    }

    [Test]
    public async Task Further_words_stand_behind_those_of_training()
    {
        WordForms forms = WordForms.Build(s_train, new() { IsLowerCase = true }).With(["Zebra", "THE", "a b", "ant", "zebra", ""]);
        await Assert.That(string.Join(' ', forms.Words.Tokens)).IsEqualTo("<unk> cat the 1987 2001 in of saw 💡 ant zebra");
        await Assert.That(forms.Reading.IsLowerCase).IsTrue();
    }

    [Test]
    public async Task Strange_words_of_training_are_unknown()
    {
        var forms = WordForms.Build([new(["a", "b c", "\0", "\uD83D", "<unk>", new string('x', 5000)])]);
        await Assert.That(string.Join(' ', forms.Words.Tokens)).IsEqualTo("<unk> a");
    }

    [Test]
    public async Task Wrong_parts_are_told()
    {
        await Assert.That(() => WordForms.Build([new([])])).Throws<ArgumentException>()
            .WithMessage("the training sentences have no word");
        await Assert.That(() => new ConllSentence(["a", "b"], ["O"])).Throws<ArgumentException>()
            .WithMessage("1 tag for 2 words; expected one for each");
        await Assert.That(() => new ConllSentence(default)).Throws<ArgumentException>();
        Vocabulary words = new(TextLevel.Word, ["<unk>", "a"], LineMarks.None), characters = new(TextLevel.Character, ["<unk>", "a"]);
        await Assert.That(new WordForms(new(), words, characters).IdOf("a")).IsEqualTo(1);
        foreach ((Vocabulary first, Vocabulary second) in new[]
        {
            (new(TextLevel.Word, ["a", "<unk>"], LineMarks.None), characters),
            (new(TextLevel.Word, ["<unk>", "<eos>"]), characters),
            (characters, characters),
            (words, words),
            (words, new(TextLevel.Character, ["a"])),
        })
        {
            await Assert.That(() => new WordForms(new(), first, second)).Throws<ArgumentException>();
        }
    }
}
