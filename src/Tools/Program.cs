using TinySD.Tools;

var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
using var output = new StreamWriter(StandardStreams.OpenOutput(), utf8) { AutoFlush = !Console.IsOutputRedirected };
using var error = new StreamWriter(StandardStreams.OpenError(), utf8) { AutoFlush = true };
StandardStreams.HoldClosed();
using Stream input = Console.OpenStandardInput();
var console = new CliConsole(output, error, TerminalTraits.OfThisProcess()) { Input = input, Command = OwnCommand.OfThisProcess() };

using var stop = new StopRequest();
Action<PosixSignalContext> onSignal = context =>
{
    if (!stop.TryRequest())
    {
        console.Live.Clear();
        Environment.Exit(ExitCode.Stopped);
    }

    context.Cancel = true;
};
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, onSignal);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, onSignal);
return Cli.Run(args, console, stop);
