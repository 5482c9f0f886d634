using System.Runtime.InteropServices;
using TorchSharp;

namespace TinySD.Benchmarks.Libtorch;

/// <summary>Gets libtorch's native libraries loaded, or says in one line why not.</summary>
internal static class LibtorchNatives
{
    private const string Glue = "libLibTorchSharp.so";

    /// <summary>What a result has to say about the library it was measured with.</summary>
    public static string Description { get; private set; } = "";

    /// <exception cref="BenchmarkException">They are not there, or do not load on this machine.</exception>
    public static void Load()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native");
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
            throw new BenchmarkException("libtorch is measured on Linux x64 only.");
        if (!File.Exists(Path.Combine(folder, "libtorch_cpu.so")))
            throw new BenchmarkException("this build has no libtorch: build or run with -p:Libtorch=true.");
        bool isPatched = OldLibstdcxx.Patch(Path.Combine(folder, Glue));
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
            Description = $"TorchSharp {typeof(torch).Assembly.GetName().Version?.ToString(3)}, libtorch {torch.__version__}"
                + (isPatched ? $", with {Glue}'s start-up call of a newer libstdc++ taken out (nothing of it is timed)." : ".");
        }
        catch (Exception exception) when (exception is TypeInitializationException or NotSupportedException or DllNotFoundException)
        {
            throw new BenchmarkException($"libtorch does not load on this machine: {FirstLine(exception.GetBaseException().Message)}");
        }
    }

    private static string FirstLine(string text) => text.Split('\n')[0].Trim();
}
