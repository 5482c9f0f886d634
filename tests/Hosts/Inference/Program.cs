using System.Globalization;
using Microsoft.Win32.SafeHandles;
using TinySD.Formats.Models;
using TinySD.Runtime.Inference;

// A device that knows one model and nothing else: the model is a part of the program, and no file is opened. The arguments are numbers in
// their order; for each it prints what the next will be. Standard output is written as a file: a console brings all it knows of terminals.
using Stream resource = typeof(Program).Assembly.GetManifestResourceStream("model.tsd")!;
byte[] bytes = new byte[resource.Length];
resource.ReadExactly(bytes);

LoadedRegressor loaded = RegressorFile.Load(bytes);
var session = new RegressorSession(loaded.Regressor);
using var output = new StreamWriter(new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write));
foreach (string number in args)
{
    ReadOnlySpan<double> next = session.Step([double.Parse(number, CultureInfo.InvariantCulture)]);
    output.WriteLine(next[0].ToString("R", CultureInfo.InvariantCulture));
}
