namespace TinySD.Tools.Json;

/// <summary>Every figure of a recipe, and what a token is.</summary>
internal sealed record RecipeResult(TextLevel Level, LanguageModelRecipe Recipe) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .AddAll(writer => LanguageModelFields.Table.WriteResult(writer, Recipe)).Add(TextSpelling.Levels.NameOf(Level), nameof(Level));
}

internal sealed record EpochResult(
    int Epoch, double TrainPerplexity, double ValidPerplexity, double TrainLoss, double ValidLoss, float LearningRate, double Seconds,
    double TokensPerSecond, int Steps, int Streams) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Epoch).Add(TrainPerplexity).Add(ValidPerplexity).Add(TrainLoss).Add(ValidLoss).Add(LearningRate).Add(Seconds)
        .Add(TokensPerSecond).Add(Steps).Add(Streams);
}

/// <summary>The result of <c>train lm</c>; of the tokens to predict so many are unknown, and they ran in so many streams; so many of the
/// training text no epoch uses. Losses are means in nats per token, and perplexities exp of them.</summary>
internal sealed record TrainLmResult(
    IReadOnlyList<EpochResult> Epochs, int BestEpoch, double ValidPerplexity, double ValidLoss, long ValidUnknown, int Streams,
    double? TestPerplexity, double? TestLoss, long? TestUnknown, int? TestStreams, long Parameters, int Vocabulary, string Model,
    double Seconds, int Threads, RecipeResult Recipe, long TrainTokens, long LeftOutTokens, long TrainUnknown) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Epochs).Add(BestEpoch).Add(ValidPerplexity).Add(ValidLoss).Add(ValidUnknown).Add(Streams).Add(TestPerplexity).Add(TestLoss)
        .Add(TestUnknown).Add(TestStreams).Add(Parameters).Add(Vocabulary).Add(Model).Add(Seconds).Add(Threads).Add(Recipe)
        .Add(TrainTokens).Add(LeftOutTokens).Add(TrainUnknown);
}

/// <summary>The result of <c>eval</c> of a language model; the perplexity is the static one, exp of the loss in nats per token, of so many
/// predicted tokens in so many streams, and so many unknown ones among them. Its time is there beside that of another evaluation
/// only.</summary>
internal sealed record EvalResult(
    double Perplexity, double Loss, double BitsPerToken, long Tokens, int Streams, long Unknown, double? Seconds = null,
    MonteCarloResult? MonteCarlo = null, CacheEvalResult? Cache = null, DeltaEvalResult? Delta = null) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Perplexity).Add(Loss).Add(BitsPerToken).Add(Tokens).Add(Streams).Add(Unknown).Add(Seconds).Add(MonteCarlo).Add(Cache)
        .Add(Delta);
}

/// <summary>The result of <c>quantize</c>: bytes of both files, the share of the first that the second has, and what both came to on data,
/// if there were any.</summary>
internal sealed record QuantizeResult(
    string Model, string Format, long BytesBefore, long BytesAfter, double Share, string? Metric, double? Before, double? After)
    : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Model).Add(Format).Add(BytesBefore).Add(BytesAfter).Add(Share).Add(Metric).Add(Before).Add(After);
}

internal sealed record MonteCarloResult(
    double Perplexity, double Loss, int Streams, int Samples, ulong Seed, string Dropout, float RateEmbedding, float RateLayer,
    float RateRecurrent, float RateOutput, float RateWord, float WeightDrop, double Seconds) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Perplexity).Add(Loss).Add(Streams).Add(Samples).Add(Seed).Add(Dropout).Add(RateEmbedding).Add(RateLayer).Add(RateRecurrent)
        .Add(RateOutput).Add(RateWord).Add(WeightDrop).Add(Seconds);
}

/// <summary>An evaluation with a continuous cache; what it was tuned on is there if it was.</summary>
internal sealed record CacheEvalResult(
    double Perplexity, double Loss, int Streams, int Size, float Theta, float Lambda, double Seconds, string? TunedOn,
    double? TunedPerplexity, double? TunedLoss, double? TuningSeconds) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Perplexity).Add(Loss).Add(Streams).Add(Size).Add(Theta).Add(Lambda).Add(Seconds).Add(TunedOn).Add(TunedPerplexity)
        .Add(TunedLoss).Add(TuningSeconds);
}

internal sealed record NoiseResult(
    string Baseline, int Batch, int Bptt, int Windows, int Draws, float Clip, IReadOnlyList<NoiseRow> Cells) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Baseline).Add(Batch).Add(Bptt).Add(Windows).Add(Draws).Add(Clip).Add(Cells);
}

/// <summary>How a window's gradient varies in a cell of a grid. All are of the gradient before clipping, as one vector.</summary>
/// <param name="Cell">The cell's name.</param>
/// <param name="Gradient">Squared length of its mean over windows and masks: what is no noise.</param>
/// <param name="MaskVariance">Mean squared distance from the mean over masks, of one window.</param>
/// <param name="TextVariance">Mean squared distance of those means from their mean over windows.</param>
/// <param name="MeanNorm">Mean length.</param>
/// <param name="ClippedShare">Share of windows whose gradient is longer than the recipe's bound.</param>
/// <param name="Perplexity">exp of the loss.</param>
/// <param name="Loss">Mean loss under these masks, nats per token.</param>
internal sealed record NoiseRow(
    string Cell, double Gradient, double MaskVariance, double TextVariance, double MeanNorm, double ClippedShare, double Perplexity,
    double Loss) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Cell).Add(Gradient).Add(MaskVariance).Add(TextVariance).Add(MeanNorm).Add(ClippedShare).Add(Perplexity).Add(Loss);
}

/// <summary>The result of <c>generate</c>; the text begins with the prompt. At byte level it has U+FFFD for what is no UTF-8, and the bytes
/// are there in base64.</summary>
internal sealed record GenerateResult(string Prompt, string Text, int Tokens, byte[]? Bytes = null) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Prompt).Add(Text).Add(Tokens).Add(Bytes);
}

/// <summary>A vocabulary in short; its first tokens are its commonest. At word level it says which lines get a token for their
/// end.</summary>
internal sealed record VocabularyResult(
    string Level, int Count, bool HasUnknown, IReadOnlyList<string> First, string? Eos = null, string? Tokenize = null, bool? Lower = null)
    : IJsonObject
{
    public void Write(JsonMembers json) =>
        json.Add(Level).Add(Count).Add(HasUnknown).Add(First).Add(Eos).Add(Tokenize).Add(Lower);
}

/// <summary>A tensor of <c>inspect</c>; formats without checksums have none.</summary>
internal sealed record TensorResult(string Name, string Dtype, IReadOnlyList<long> Shape, long Offset, long Bytes, string? Checksum)
    : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Name).Add(Dtype).Add(Shape).Add(Offset).Add(Bytes).Add(Checksum);
}

internal sealed record VerifyResult(bool Ok, IReadOnlyList<string> Damaged, IReadOnlyList<string> Problems) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Ok).Add(Damaged).Add(Problems);
}

/// <summary>The result of <c>bench</c>; <c>profile</c> is there when asked for, advice where the build is for less than the CPU
/// has.</summary>
internal sealed record BenchResult(
    BenchShape Shape, int Threads, string InstructionSet, BenchPasses Passes, IReadOnlyList<BenchProfilePass>? Profile, string? Advice)
    : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Shape).Add(Threads).Add(InstructionSet).Add(Passes).Add(Profile).Add(Advice);
}

/// <summary>What <c>bench</c> trained; the rates are those of the structured model.</summary>
internal sealed record BenchShape(
    string Preset, int Vocabulary, int Embedding, int Hidden, int Layers, string Cell, bool Peepholes, int Batch, int Bptt,
    float RateEmbedding, float RateLayer, float RateRecurrent, float RateOutput) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Preset).Add(Vocabulary).Add(Embedding).Add(Hidden).Add(Layers).Add(Cell).Add(Peepholes).Add(Batch).Add(Bptt)
        .Add(RateEmbedding).Add(RateLayer).Add(RateRecurrent).Add(RateOutput);
}

/// <summary>The products of a step, forward, backward and weight gradient, and the whole step.</summary>
internal sealed record BenchPasses(BenchPass Fp, BenchPass Bp, BenchPass Wg, BenchPass Step) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Fp).Add(Bp).Add(Wg).Add(Step);
}

/// <summary>Medians of <c>bench</c>, milliseconds a step, and their ratio.</summary>
internal sealed record BenchPass(double DenseMs, double StructuredMs, double Speedup) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(DenseMs).Add(StructuredMs).Add(Speedup);
}

/// <summary>Medians of one part of a step, milliseconds.</summary>
internal sealed record BenchProfilePass(string Pass, double DenseMs, double StructuredMs) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Pass).Add(DenseMs).Add(StructuredMs);
}

/// <summary>The result of <c>hw simulate</c>; cycles are compute cycles, and the speed-up is their ratio.</summary>
internal sealed record SimulateResult(string Dataflow, int Rows, int Columns, IReadOnlyList<SimulateProduct> Products, double Speedup)
    : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Dataflow).Add(Rows).Add(Columns).Add(Products).Add(Speedup);
}

/// <summary>A product of <see cref="SimulateResult"/>, [M, K] x [K, N]; cycles are those of all time steps.</summary>
internal sealed record SimulateProduct(
    string Name, int M, int N, int K, int KeptM, int KeptN, int KeptK, long DenseCycles, long StructuredCycles) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Name).Add(M).Add(N).Add(K).Add(KeptM).Add(KeptN).Add(KeptK).Add(DenseCycles).Add(StructuredCycles);
}

internal sealed record ProfileResult(string Name, string Kind, string Description, string? Fallback, bool RunsHere, bool IsDefault)
    : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Name).Add(Kind).Add(Description).Add(Fallback).Add(RunsHere).Add(IsDefault);
}

/// <summary>The result of <c>hw list</c>; advice is there where the program was built for less than the CPU has.</summary>
internal sealed record ProfileListResult(IReadOnlyList<ProfileResult> Profiles, string? Advice) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Profiles).Add(Advice);
}

/// <summary>The result of <c>hw detect</c>; the profile itself is the file.</summary>
internal sealed record DetectResult(
    string File, string Name, string Description, string Fallback, int Threads, IReadOnlyList<DetectTile> Tiles) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(File).Add(Name).Add(Description).Add(Fallback).Add(Threads).Add(Tiles);
}

/// <summary>What the search for tiles chose; a gain of 1 is for a default that stays.</summary>
internal sealed record DetectTile(string Figure, string Default, string Chosen, double Gain) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Figure).Add(Default).Add(Chosen).Add(Gain);
}

/// <summary>The result of <c>schedule</c>; what <c>inspect</c> says of its file. Places were called sites when this object got its names,
/// which stay.</summary>
internal sealed record ScheduleResult(
    string File, int Version, int Updates, int TimeSteps, ulong Seed, long Bytes,
    IReadOnlyList<SchedulePlace> Places) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(File).Add(Version).Add(Updates).Add(TimeSteps).Add(Seed).Add(Bytes).Add(Places, "sites");

    public static ScheduleResult From(string file, MaskScheduleInfo info, long bytes) => new(
        file, info.Version, info.Updates, info.TimeSteps, info.Seed, bytes,
        [.. ImmutableArray.CreateRange(info.Places, place => new SchedulePlace(place.Name, place.Number, place.Units, place.Rate))]);
}

internal sealed record SchedulePlace(string Name, int Number, int Units, float Rate) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Name).Add(Number).Add(Units).Add(Rate);
}

internal sealed record RunResult(string Model, string Input, string Output, IReadOnlyList<TensorShape> Tensors) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Model).Add(Input).Add(Output).Add(Tensors);
}

internal sealed record TensorShape(string Name, IReadOnlyList<int> Shape) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Name).Add(Shape);
}

/// <summary>The result of <c>import</c>; inputs of a language model are the embedding's columns.</summary>
internal sealed record StackResult(
    string Model, string Kind, string Cell, string Direction, int Layers, int Inputs, int Hidden, long Parameters,
    IReadOnlyList<string> LeftOut, IReadOnlyList<string> Rounded, IReadOnlyList<string> Copies) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Model).Add(Kind).Add(Cell).Add(Direction).Add(Layers).Add(Inputs).Add(Hidden).Add(Parameters).Add(LeftOut).Add(Rounded)
        .Add(Copies).Add(LastHidden).Add(Tied).Add(Level).Add(Vocabulary);

    /// <summary>Units of a language model's last layer, where they are not those of the others.</summary>
    public int? LastHidden { get; init; }

    /// <summary>Whether a language model's embedding and classifier are one.</summary>
    public bool? Tied { get; init; }

    public string? Level { get; init; }

    public int? Vocabulary { get; init; }

    public static StackResult From(string path, LanguageModelImport import)
    {
        (LanguageModel model, Vocabulary vocabulary, _) = import.Loaded;
        LanguageModelConfig config = model.Config;
        return new(
            path, LanguageModelFile.Kind, ModelSpelling.Cells.NameOf(config.Cell),
            ModelSpelling.Directions.NameOf(RecurrentDirection.Forward), config.LayerCount, config.EmbeddingSize, config.HiddenSize,
            model.Layout.ParameterCount, [], import.Rounded, import.Copies)
        {
            LastHidden = config.LastHiddenSize == 0 ? null : config.LastHiddenSize,
            Tied = config.TieWeights,
            Level = TextSpelling.Levels.NameOf(vocabulary.Level),
            Vocabulary = vocabulary.Count,
        };
    }
}

internal sealed record ExportResult(string Model, string File, string Format, long Bytes) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Model).Add(File).Add(Format).Add(Bytes);
}

/// <summary>What <c>inspect</c> says of an ONNX model.</summary>
internal sealed record OnnxResult(
    string Producer, long Opset, IReadOnlyList<string> Operators, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs,
    IReadOnlyList<string> ExternalFiles) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Producer).Add(Opset).Add(Operators).Add(Inputs).Add(Outputs).Add(ExternalFiles);
}

/// <summary>How <c>inspect</c> recommends to run a model, one sequence at a time, on a machine; formats are as they were weighed.</summary>
/// <param name="Profile">The machine's profile.</param>
/// <param name="ThisMachine">Whether it is fitted to this machine.</param>
/// <param name="Format">The format of weights.</param>
/// <param name="Share">The share of its units.</param>
/// <param name="Reason">Why.</param>
/// <param name="Formats">All formats.</param>
internal sealed record AdviceResult(
    string Profile, bool ThisMachine, string Format, double Share, string Reason, IReadOnlyList<AdvisedFormat> Formats) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Profile).Add(ThisMachine).Add(Format).Add(Share).Add(Reason).Add(Formats);
}

/// <summary>A format of <see cref="AdviceResult"/>: bytes of weights that a step reads, from where, and how many times as fast as float32
/// a step is by the estimate.</summary>
internal sealed record AdvisedFormat(string Format, long StepBytes, string Source, double Speedup) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Format).Add(StepBytes).Add(Source).Add(Speedup);
}

/// <summary>The result of <c>synthesize</c>: enough to tell every text's label again.</summary>
internal sealed record SynthesizeResult(
    string File, string World, string Rule, int Count, ulong Seed, IReadOnlyList<string> Sums, IReadOnlyList<SyntheticWordResult> Words,
    IReadOnlyList<SyntheticLabelResult> Labels) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(File).Add(World).Add(Rule).Add(Count).Add(Seed).Add(Sums).Add(Words).Add(Labels);
}

internal sealed record SyntheticWordResult(string Word, IReadOnlyList<int> Values) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Word).Add(Values);
}

internal sealed record SyntheticLabelResult(string Label, long Count) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Label).Add(Count);
}
