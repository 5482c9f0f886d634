using TinySD.Formats.Models;
using TinySD.Formats.Text;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;

namespace TinySD.Benchmarks.Inference;

/// <summary>A language model and a text, which is read as one stream.</summary>
internal sealed class LanguageModelSubject : ISubject
{
    // Tokens that are run together where only the result matters.
    private const int Together = 32;

    private readonly LoadedLanguageModel _loaded;
    private readonly int[] _tokens;

    /// <exception cref="BenchmarkException">The text is too short.</exception>
    public LanguageModelSubject(string path, string text)
    {
        Name = System.IO.Path.GetFileName(path);
        _loaded = LanguageModelFile.Load(path);
        _tokens = Corpus.Encode(text, _loaded.Vocabulary);
        if (_tokens.Length < 2) throw new BenchmarkException($"{text} has {_tokens.Length} tokens; at least 2 were expected.");
        LanguageModelConfig config = _loaded.Model.Config;
        Description = $"language model, {config.LayerCount} x {config.HiddenSize} units, {config.VocabularySize} tokens";
    }

    public string Name { get; }

    public string Description { get; }

    public string Metric => "perplexity";

    public IReadOnlyList<ModelPath> Paths(IReadOnlyList<ModelPath> all) =>
        [.. all.Where(path => path.IsFor(_loaded.Training.Recipe.Dropout, false))];

    public IPathRun Open(ModelPath path)
    {
        LanguageModel model = path.ConvertLanguageModel(_loaded.Model);
        long? fileBytes = FileSize.Of(file => LanguageModelFile.Save(
            file, path.HasFileOfItsOwn ? model : _loaded.Model, _loaded.Vocabulary, _loaded.Training, path.Storage));
        return new Run(path, model, fileBytes, _tokens);
    }

    private sealed class Run : IPathRun
    {
        private readonly ModelPath _path;
        private readonly LanguageModel _model;
        private readonly LanguageModelSession _session;
        private readonly int[] _tokens;

        public Run(ModelPath path, LanguageModel model, long? fileBytes, int[] tokens)
        {
            (_path, _model, FileBytes, _tokens) = (path, model, fileBytes, tokens);
            var memory = new SessionMemory();
            _session = path.OpenLanguageModel(model, 1, memory);
            SessionBytes = memory.Floats * sizeof(float);
            WeightBytes = ((long)model.Layout.LengthFloats + model.PreparedFloats) * sizeof(float);
        }

        public string Path => _path.Name;

        public long? FileBytes { get; }

        public long WeightBytes { get; }

        public long SessionBytes { get; }

        public void Step(int number) => _session.Step(_tokens[number % _tokens.Length]);

        public double Metric(long most)
        {
            LanguageModelSession session = _path.OpenLanguageModel(_model, Together, new SessionMemory());
            int vocabulary = _model.Config.VocabularySize, count = (int)Math.Min(most, _tokens.Length - 1);
            float[] logits = new float[Together * vocabulary];
            double loss = 0;
            for (int first = 0; first < count; first += Together)
            {
                int steps = Math.Min(Together, count - first);
                session.Run(_tokens.AsSpan(first, steps), logits.AsSpan(0, steps * vocabulary));
                for (int i = 0; i < steps; i++) loss += LossOf(logits.AsSpan(i * vocabulary, vocabulary), _tokens[first + i + 1]);
            }

            return Math.Exp(loss / count);
        }

        // Nats.
        private static double LossOf(ReadOnlySpan<float> logits, int token)
        {
            double largest = double.NegativeInfinity, sum = 0;
            foreach (float logit in logits) largest = Math.Max(largest, logit);
            foreach (float logit in logits) sum += Math.Exp(logit - largest);
            return Math.Log(sum) + largest - logits[token];
        }
    }
}
