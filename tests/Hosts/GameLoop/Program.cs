using System.Diagnostics;
using TinySD.Hosts.GameLoop;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;

// A game: the minds of a thousand characters are one batch of one small recurrent network, and think 60 times a second. Two players
// simulate the same match, each on a machine of its own, and exchange nothing but inputs: so both must come to the same bits, with any
// number of threads, and a frame must leave nothing to the garbage collector. A replay goes on from a state saved in mid-match.
//
//   TinySD.Hosts.GameLoop [FRAMES] [--pace]      --pace waits for each frame's time, as a game does

const int Characters = 1000, FramesPerSecond = 60;

int frames = args.Length > 0 && int.TryParse(args[0], out int count) ? count : 120;
bool isPaced = args.Contains("--pace");
var mind = new RecurrentStack(new RecurrentStackConfig { Cell = CellKind.Gru, InputSize = World.Senses, HiddenSize = World.Thoughts });
Span<float> weights = mind.Parameters.Values;
for (int i = 0; i < weights.Length; i++) weights[i] = ((i * 40503L % 65521) - 32760) / 90_000f;

using var threads = new WorkerPool(2);
var here = new World(new RecurrentSession(mind, Characters, maxTimeSteps: 1));
var there = new World(new RecurrentSession(mind, Characters, maxTimeSteps: 1, threads));
var replay = new World(new RecurrentSession(mind, Characters, maxTimeSteps: 1));
long slowest = 0, allocated = 0, match = Stopwatch.GetTimestamp();
for (int frame = 0; frame < frames; frame++)
{
    if (frame == frames / 2) replay.GoOnFrom(here);
    long bytes = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
    here.Advance(frame);

    // The first frame compiles.
    if (frame > 0) slowest = Math.Max(slowest, Stopwatch.GetTimestamp() - start);
    if (frame > 0) allocated += GC.GetAllocatedBytesForCurrentThread() - bytes;
    there.Advance(frame);
    TimeSpan ahead = TimeSpan.FromSeconds((frame + 1.0) / FramesPerSecond) - Stopwatch.GetElapsedTime(match);
    if (isPaced && ahead > TimeSpan.Zero) Thread.Sleep(ahead);
}

for (int frame = frames / 2; frame < frames; frame++) replay.Advance(frame);
Console.WriteLine($"frames: {frames}");
Console.WriteLine($"match here: {here.Digest()}");
Console.WriteLine($"match there: {there.Digest()}");
Console.WriteLine($"replay: {replay.Digest()}");
Console.WriteLine($"bytes allocated: {allocated}");
Console.WriteLine($"slowest frame: {Stopwatch.GetElapsedTime(0, slowest).TotalMilliseconds:F2} ms of {1000.0 / FramesPerSecond:F2}");
