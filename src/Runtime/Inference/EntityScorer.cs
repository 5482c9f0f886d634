using TinySD.Runtime.Models;

namespace TinySD.Runtime.Inference;

/// <summary>Compares predicted tags with right ones, sentence by sentence, as conlleval does: an entity is right if its words and its type
/// are; a word if its tag is. Tags of any scheme are read alike, see <see cref="TagSchemes"/>.</summary>
public sealed class EntityScorer
{
    private readonly TagScheme _scheme;
    private readonly EntityRule _rule;
    private readonly Dictionary<string, Tally> _perType = new(StringComparer.Ordinal);
    private long _sentences, _tokens, _rightTokens;

    /// <summary>Begins with nothing counted.</summary>
    /// <param name="scheme">The tags' scheme: what the strict rule holds them to; <see cref="TagScheme.None"/> where tags make no
    /// entities.</param>
    /// <param name="rule">The rule that counts.</param>
    /// <exception cref="ArgumentException">One of them is none of its names.</exception>
    public EntityScorer(TagScheme scheme, EntityRule rule = EntityRule.Conlleval)
    {
        Throw.IfUndefined(scheme);
        Throw.IfUndefined(rule);
        (_scheme, _rule) = (scheme, rule);
    }

    /// <summary>Counts a sentence.</summary>
    /// <param name="gold">The right tags, [T]; any number of words.</param>
    /// <param name="predicted">The predicted ones, [T].</param>
    /// <exception cref="ArgumentException">They are of different lengths, or a tag is <see langword="null"/>.</exception>
    public void Add(ReadOnlySpan<string> gold, ReadOnlySpan<string> predicted)
    {
        if (gold.Length != predicted.Length)
        {
            string tags = Throw.Counted(predicted.Length, "predicted tag");
            Throw.Argument($"{tags} for {Throw.Counted(gold.Length, "word")}; expected one for each");
        }

        List<EntitySpan> expected = EntitiesOf(gold), found = EntitiesOf(predicted);
        _sentences++;
        _tokens += gold.Length;
        for (int i = 0; i < gold.Length; i++)
        {
            if (gold[i] == predicted[i]) _rightTokens++;
        }

        foreach (EntitySpan entity in expected) TallyOf(entity.Type).Count++;
        int next = 0;
        foreach (EntitySpan entity in found)
        {
            Tally tally = TallyOf(entity.Type);
            tally.Predicted++;
            while (next < expected.Count && expected[next].Start < entity.Start) next++;
            if (next < expected.Count && expected[next] == entity) tally.Right++;
        }
    }

    /// <summary>What was measured so far.</summary>
    public TaggingResult ToResult()
    {
        var perType = new List<EntityFigures>();
        long count = 0, predicted = 0, right = 0;
        string[] types = [.. _perType.Keys];
        Array.Sort(types, StringComparer.Ordinal);
        foreach (string type in types)
        {
            Tally own = _perType[type];
            perType.Add(new EntityFigures(type, new LabelFigures(own.Count, own.Predicted, own.Right)));
            count += own.Count;
            predicted += own.Predicted;
            right += own.Right;
        }

        return new TaggingResult
        {
            Scheme = _scheme,
            Rule = _rule,
            Sentences = _sentences,
            Tokens = _tokens,
            RightTokens = _rightTokens,
            Entities = new LabelFigures(count, predicted, right),
            PerType = perType,
        };
    }

    private List<EntitySpan> EntitiesOf(ReadOnlySpan<string> tags)
    {
        var entities = new List<EntitySpan>();
        foreach (EntitySpan entity in TagSchemes.FindEntities(tags))
        {
            bool counts = _scheme != TagScheme.None && (_rule == EntityRule.Conlleval || TagSchemes.IsWellFormed(entity, tags, _scheme));
            if (counts) entities.Add(entity);
        }

        return entities;
    }

    private Tally TallyOf(string type)
    {
        if (!_perType.TryGetValue(type, out Tally? tally)) _perType.Add(type, tally = new Tally());
        return tally;
    }

    private sealed class Tally
    {
        public long Count { get; set; }

        public long Predicted { get; set; }

        public long Right { get; set; }
    }
}
