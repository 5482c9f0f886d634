namespace TinySD.Native;

/// <summary>A text for C: UTF-8, ended by a 0, in memory that does not move and is freed when nobody holds this any more.</summary>
internal sealed unsafe class CText
{
    public CText(string text)
    {
        int most = Encoding.UTF8.GetMaxByteCount(text.Length);
        Text = (byte*)NativeMemory.Alloc((nuint)most + 1);
        Text[Encoding.UTF8.GetBytes(text, new Span<byte>(Text, most))] = 0;
    }

    ~CText() => NativeMemory.Free(Text);

    public byte* Text { get; }
}
