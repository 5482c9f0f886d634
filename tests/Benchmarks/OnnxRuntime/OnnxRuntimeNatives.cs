using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace TinySD.Benchmarks.OnnxRuntime;

/// <summary>Gets ONNX Runtime's native library loaded, or says in one line why not.</summary>
internal static class OnnxRuntimeNatives
{
    /// <summary>What a result has to say about the library it was measured with.</summary>
    public static string Description { get; private set; } = "";

    /// <summary>The files that a program with ONNX Runtime takes along, and their bytes.</summary>
    public static IReadOnlyList<(string Name, long Bytes)> Deployed { get; private set; } = [];

    /// <exception cref="BenchmarkException">It is not there, or does not load on this machine.</exception>
    public static void Load()
    {
        try
        {
            OrtEnv.Instance().EnvLogLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
            Description = $" ONNX Runtime {OrtEnv.Instance().GetVersionString()}, CPU, all optimisations, I/O binding on pinned memory.";
        }
        catch (Exception exception) when (exception is TypeInitializationException or DllNotFoundException or EntryPointNotFoundException)
        {
            throw new BenchmarkException("this build has no ONNX Runtime: build or run with -p:OnnxRuntime=true.");
        }

        string native = Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native");
        string managed = Path.Combine(AppContext.BaseDirectory, "Microsoft.ML.OnnxRuntime.dll");
        Deployed = [.. Files(native).Append(managed).Where(File.Exists).Select(file =>
            ($"ONNX Runtime: {Path.GetFileName(file)}", new FileInfo(file).Length))];

        // The library of providers is for those of other devices.
        static IEnumerable<string> Files(string folder) => Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*onnxruntime.*").Where(file => !file.EndsWith(".lib", StringComparison.Ordinal))
            : [];
    }
}
