using TinySD.Tools;

using var stop = new StopRequest();
Action<PosixSignalContext> onSignal = context =>
{
    if (!stop.TryRequest()) Environment.Exit(ExitCode.Stopped);
    context.Cancel = true;
};
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, onSignal);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, onSignal);

var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
Stream results = Console.IsOutputRedirected ? new RedirectedOutput() : Console.OpenStandardOutput();
using var output = new StreamWriter(results, utf8) { AutoFlush = !Console.IsOutputRedirected };
using var error = new StreamWriter(Console.OpenStandardError(), utf8) { AutoFlush = true };
using Stream input = Console.OpenStandardInput();
var console = new CliConsole(output, error, TerminalTraits.OfThisProcess()) { Input = input, Command = OwnCommand.OfThisProcess() };
return Cli.Run(args, console, stop);
