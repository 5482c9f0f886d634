using System.CommandLine;
using TinySD.Benchmarks;
using TinySD.Benchmarks.Commands;

var root =
    new RootCommand("Measures TinySD. Every speed figure of the project comes from here; tests/Benchmarks/README.md says how to read them.")
{
    StepsCommand.Create(),
    TaggerStepsCommand.Create(),
    TranslatorStepsCommand.Create(),
    InferenceStepsCommand.Create(),
    InferencePathsCommand.Create(),
    ProductsCommand.Create(),
#if PEERS
    KernelsCommand.Create(),
#endif
};
ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
try
{
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (BenchmarkException exception)
{
    Console.Error.WriteLine($"error: {exception.Message}");
    return 1;
}
