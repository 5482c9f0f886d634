using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace TinySD.Benchmarks.Libtorch;

/// <summary>Lets the glue between TorchSharp and libtorch load where libstdc++ is older than the one it was linked with.</summary>
/// <remarks>
/// <para>Of libstdc++ 13 the glue uses one function: _ZSt21ios_base_library_initv, by which a library's start-up code makes sure that
/// std::cout is constructed. Older versions have no such function, because there every library constructs it by itself; libtorch does.
/// Debian 12 has such a version, and the glue then does not load, though libtorch itself would.</para>
/// <para>So the start-up call is sent to another function of libstdc++ that takes no arguments and changes nothing,
/// std::chrono::steady_clock::now, and the requirement of the newer version is marked as one that may fail. The copy beside this program is
/// changed, never the package; not a byte of machine code is. The layout is that of the System V ABI's ELF-64 and, for versions, of the
/// Linux Standard Base.</para>
/// </remarks>
internal static class OldLibstdcxx
{
    private const string NewVersion = "GLIBCXX_3.4.32", NewFunction = "_ZSt21ios_base_library_initv",
        Harmless = "_ZNSt6chrono3_V212steady_clock3nowEv";

    private const int SectionHeaderBytes = 64, SymbolBytes = 24;

    private const uint DynamicSymbols = 11, NeededVersions = 0x6FFFFFFE, SymbolVersions = 0x6FFFFFFF;

    private const ushort WeakVersion = 2;

    /// <summary>Changes the file if this machine's libstdc++ is too old for it.</summary>
    /// <returns>Whether the file is changed, now or since an earlier run.</returns>
    /// <exception cref="BenchmarkException">The file is not as expected.</exception>
    public static bool Patch(string path)
    {
        nint libstdcxx = NativeLibrary.Load("libstdc++.so.6");
        if (NativeLibrary.TryGetExport(libstdcxx, NewFunction, out _)) return false;
        byte[] file = File.ReadAllBytes(path);
        var elf = new Elf(file);
        int wanted = elf.FindSymbol(NewFunction), stand = elf.FindSymbol(Harmless);
        int version = elf.FindNeededVersion(NewVersion);
        if (stand < 0 || version < 0)
            throw new BenchmarkException($"{path} needs a newer libstdc++ than this machine's, in a way that is not known here.");
        // No reference to the new function is left after an earlier run.
        if (wanted < 0) return true;
        elf.Redirect(wanted, stand);
        elf.MarkWeak(version);
        // A new file, not new bytes in the old one: a build may have linked it to the package's.
        string changed = path + ".changed";
        File.WriteAllBytes(changed, file);
        File.Move(changed, path, overwrite: true);
        return true;
    }

    private sealed class Elf
    {
        private readonly byte[] _file;
        private readonly int _symbols, _symbolCount, _names, _versions, _needed, _neededNames;

        public Elf(byte[] file)
        {
            _file = file;
            int sections = (int)Long(0x28), count = Short(0x3C);
            for (int i = 0; i < count; i++)
            {
                int header = sections + (i * SectionHeaderBytes);
                int offset = (int)Long(header + 0x18), size = (int)Long(header + 0x20);
                int linked = (int)Long(sections + ((int)Word(header + 0x28) * SectionHeaderBytes) + 0x18);
                switch (Word(header + 4))
                {
                    case DynamicSymbols: (_symbols, _symbolCount, _names) = (offset, size / SymbolBytes, linked); break;
                    case SymbolVersions: _versions = offset; break;
                    case NeededVersions: (_needed, _neededNames) = (offset, linked); break;
                }
            }
        }

        /// <summary>The index of an undefined symbol, or -1.</summary>
        public int FindSymbol(string name)
        {
            for (int i = 1; i < _symbolCount; i++)
            {
                int symbol = _symbols + (i * SymbolBytes);
                if (Short(symbol + 6) == 0 && IsName(_names + (int)Word(symbol), name)) return i;
            }

            return -1;
        }

        /// <summary>Where the entry of a needed version stands, or -1.</summary>
        public int FindNeededVersion(string name)
        {
            for (int library = _needed; ; library += (int)Word(library + 12))
            {
                int entry = library + (int)Word(library + 8);
                for (int i = 0; i < Short(library + 2); i++, entry += (int)Word(entry + 12))
                {
                    if (IsName(_neededNames + (int)Word(entry + 8), name)) return entry;
                }

                if (Word(library + 12) == 0) return -1;
            }
        }

        /// <summary>Gives a symbol the name and the version of another.</summary>
        public void Redirect(int symbol, int other)
        {
            _file.AsSpan(_symbols + (other * SymbolBytes), 4).CopyTo(_file.AsSpan(_symbols + (symbol * SymbolBytes)));
            _file.AsSpan(_versions + (other * 2), 2).CopyTo(_file.AsSpan(_versions + (symbol * 2)));
        }

        public void MarkWeak(int version) =>
            BinaryPrimitives.WriteUInt16LittleEndian(_file.AsSpan(version + 4), (ushort)(Short(version + 4) | WeakVersion));

        private bool IsName(int at, string name) =>
            _file.AsSpan(at, name.Length).SequenceEqual(Encoding.ASCII.GetBytes(name)) && _file[at + name.Length] == 0;

        private ushort Short(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_file.AsSpan(at));

        private uint Word(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_file.AsSpan(at));

        private long Long(int at) => BinaryPrimitives.ReadInt64LittleEndian(_file.AsSpan(at));
    }
}
