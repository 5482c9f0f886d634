using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;

namespace TinySD.Hosts.OwnNetwork;

/// <summary>A batch of made-up sentences. Words of vowels are names, names that follow one another are one entity: tag 1 begins it, tag 2
/// goes on, tag 0 is for all other words.</summary>
internal sealed class Sentences
{
    public const int Count = 8, Longest = 10, LongestWord = 6, Alphabet = 26, Tags = 3;

    private readonly SequencePacking _packing = new(Count, Longest);
    private readonly int[][] _tags = new int[Count][];
    private readonly List<int> _starts = [0], _characters = [];

    public StepRows Rows { get; private set; }

    /// <summary>A word for every row, in the order of rows.</summary>
    public CharacterLists Words => new(_starts.ToArray(), _characters.ToArray());

    public ReadOnlySpan<int> TagsAt(int place) => _tags[place];

    public void Draw(int seed)
    {
        var random = new Random(seed);
        int[] lengths = [.. Enumerable.Range(0, Count).Select(_ => random.Next(1, Longest + 1))];
        Rows = _packing.Pack(lengths, Longest);
        for (int place = 0; place < Count; place++) _tags[place] = new int[lengths[_packing.Order[place]]];
        _starts.RemoveRange(1, _starts.Count - 1);
        _characters.Clear();
        for (int t = 0; t < Rows.Steps; t++)
        {
            for (int place = 0; place < Rows.At(t); place++)
            {
                bool isName = random.Next(2) == 0;
                string letters = isName ? "aeiou" : "bcdfghjklmnpqrstvwxyz";
                for (int i = random.Next(1, LongestWord + 1); i > 0; i--) _characters.Add(letters[random.Next(letters.Length)] - 'a');
                _starts.Add(_characters.Count);
                _tags[place][t] = !isName ? 0 : t > 0 && _tags[place][t - 1] > 0 ? 2 : 1;
            }
        }
    }
}
