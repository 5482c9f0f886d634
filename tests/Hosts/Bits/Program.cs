using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Tasks;

// A host of the runtime in one file: it trains a small language model, streams frames through a recurrent stack, and prints what came
// out, bit for bit.

const int Vocabulary = 60, Updates = 20, Frames = 40;

var recipe = new LanguageModelRecipe
{
    Name = "bits",
    HiddenSize = 96,
    EmbeddingSize = 96,
    BatchSize = 6,
    Bptt = 12,
    Dropout = new DropoutSpec { Kind = DropoutKind.Structured, Embedding = 0.4f, Layer = 0.4f, Recurrent = 0.4f, Output = 0.4f },
};
var model = new LanguageModel(recipe.ToConfig(Vocabulary));
model.Initialize(recipe.Seed, recipe.InitRange, recipe.ForgetBias);
var trainer = new LanguageModelTrainer(model, recipe);
int[] tokens = new int[5000];
for (int i = 0; i < tokens.Length; i++) tokens[i] = (int)((long)i * i % 977 % Vocabulary);
var windows = new TokenWindows(tokens, recipe.BatchSize, recipe.Bptt);
int[] inputs = new int[recipe.BatchSize * recipe.Bptt], targets = new int[inputs.Length];
for (int step = 0; step < Updates; step++)
{
    windows.Fill(step, inputs, targets);
    trainer.Step(inputs, targets);
}

var stack = new RecurrentStack(new RecurrentStackConfig { Cell = CellKind.Lstm, InputSize = 64, HiddenSize = 512 });
Span<float> weights = stack.Parameters.Values;
for (int i = 0; i < weights.Length; i++) weights[i] = ((i * 40503L % 65521) - 32760) / 600_000f;
var session = new RecurrentSession(stack, batch: 1, maxTimeSteps: 1);
float[] frame = new float[64], encoded = new float[512];
for (int t = 0; t < Frames; t++)
{
    for (int j = 0; j < frame.Length; j++) frame[j] = (((t * 31) + (j * 17)) % 101 / 50f) - 1f;
    session.Run(frame, encoded);
}

Console.WriteLine($"instructions: {KernelChoice.InstructionSet}");
Console.WriteLine($"gives the same bits: {KernelChoice.GivesSameBits}");
Console.WriteLine($"trained: {Digest(model.Parameters.Values)}");
Console.WriteLine($"streamed: {Digest(encoded)}");

static string Digest(ReadOnlySpan<float> numbers) => Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(numbers)))[..16];
