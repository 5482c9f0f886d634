using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TinySD.Runtime.Inference;

namespace TinySD.Hosts.GameLoop;

/// <summary>Characters on a plane, who see something of it and walk as their minds tell them.</summary>
internal sealed class World(RecurrentSession minds)
{
    public const int Senses = 6, Thoughts = 32;

    private readonly float[] _seen = new float[minds.Batch * Senses], _thoughts = new float[minds.Batch * Thoughts];
    private readonly float[] _x = new float[minds.Batch], _y = new float[minds.Batch];
    private readonly byte[] _state = new byte[minds.StateBytes];

    /// <summary>One sixtieth of a second. Allocates nothing.</summary>
    public void Advance(int frame)
    {
        // Who falls is born again with an empty mind.
        if (frame % 7 == 3) Bear(frame % minds.Batch);
        for (int i = 0; i < minds.Batch; i++)
        {
            int next = (i + 1) % minds.Batch;
            Span<float> seen = _seen.AsSpan(i * Senses, Senses);
            (seen[0], seen[1]) = (_x[i], _y[i]);
            (seen[2], seen[3]) = (_x[next] - _x[i], _y[next] - _y[i]);
            seen[4] = ((frame + i) % 60 / 30f) - 1f;
            seen[5] = i % 16 / 8f;
        }

        minds.Step(_seen, _thoughts);
        for (int i = 0; i < minds.Batch; i++)
        {
            _x[i] = Math.Clamp(_x[i] + (_thoughts[i * Thoughts] * 0.1f), -1f, 1f);
            _y[i] = Math.Clamp(_y[i] + (_thoughts[(i * Thoughts) + 1] * 0.1f), -1f, 1f);
        }
    }

    /// <summary>Takes over where another world is, minds and places.</summary>
    public void GoOnFrom(World other)
    {
        other.CopyMinds(_state);
        minds.SetState(_state);
        other._x.CopyTo(_x, 0);
        other._y.CopyTo(_y, 0);
    }

    /// <summary>A hash over every bit of minds and places: what two machines compare to know that they have not come apart.</summary>
    public string Digest()
    {
        CopyMinds(_state);
        byte[] places = [.. MemoryMarshal.AsBytes<float>(_x), .. MemoryMarshal.AsBytes<float>(_y)];
        return Convert.ToHexString(SHA256.HashData([.. _state, .. places]))[..16];
    }

    private void CopyMinds(Span<byte> state) => minds.CopyState(state);

    private void Bear(int character)
    {
        minds.Reset(character);
        (_x[character], _y[character]) = (0f, 0f);
    }
}
