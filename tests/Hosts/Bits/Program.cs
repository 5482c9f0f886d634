using System.Globalization;
using System.Runtime.InteropServices;
using TinySD.Hosts.Bits;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

// A host of the runtime: it trains every kind of model for ten steps, runs each, streams frames through a bare stack, and prints what came
// out, bit for bit. Arguments: threads (1), and floats in a register (the widest that there are).
int threads = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1;
HardwareProfile? hardware = args.Length > 1 ? Narrow.To(int.Parse(args[1], CultureInfo.InvariantCulture)) : null;
using var pool = new WorkerPool(threads);

Console.WriteLine($"instructions: {KernelChoice.InstructionSetUnder(hardware)}");
Console.WriteLine($"gives the same bits: {KernelChoice.GivesSameBits}");
var kinds = new Kinds(pool, hardware);
Say("trained", kinds.LanguageModel.Parameters.Values);
Say("trained regressor", kinds.Regressor.Model.Parameters.Values);
Say("trained classifier", kinds.Classifier.Model.Parameters.Values);

var model = new LanguageModelSession(kinds.LanguageModel, pool, hardware);
for (int i = 0; i < 40; i++) model.Step(Kinds.TokenAt(i));
Say("language model", model.Step(0));

var regressor = new RegressorSession(kinds.Regressor, pool, hardware);
for (int i = 0; i < 40; i++) regressor.Step(Kinds.RowAt(i));
Say("regressor", regressor.Step(Kinds.RowAt(40)));

var classifier = new ClassifierSession(kinds.Classifier, longest: 40, pool, hardware);
Say("classifier", classifier.Classify(Kinds.SentenceAt(1)));

var stack = new RecurrentStack(new RecurrentStackConfig { Cell = CellKind.Lstm, InputSize = 64, HiddenSize = 512 });
Span<float> weights = stack.Parameters.Values;
for (int i = 0; i < weights.Length; i++) weights[i] = ((i * 40503L % 65521) - 32760) / 600_000f;
var session = new RecurrentSession(stack, batch: 1, maxTimeSteps: 1, runner: pool, hardware: hardware);
float[] frame = new float[64], encoded = new float[512];
for (int t = 0; t < 40; t++)
{
    for (int j = 0; j < frame.Length; j++) frame[j] = (((t * 31) + (j * 17)) % 101 / 50f) - 1f;
    session.Run(frame, encoded);
}

Say<float>("streamed", encoded);

// No cryptography, which comes from a library of the system's that not every device has.
static void Say<T>(string what, ReadOnlySpan<T> numbers)
    where T : unmanaged
{
    ulong hash = 14695981039346656037;
    foreach (byte value in MemoryMarshal.AsBytes(numbers)) hash = (hash ^ value) * 1099511628211;
    Console.WriteLine($"{what}: {hash:x16}");
}
