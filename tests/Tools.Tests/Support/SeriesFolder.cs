using System.Globalization;
using System.Text;

namespace TinySD.Tools.Tests;

/// <summary>A folder of a test's own with small tables in it, removed with all it holds.</summary>
internal sealed class SeriesFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("tinysd-series-").FullName;

    /// <summary>Where <see cref="Train"/> writes.</summary>
    public string Model => this["model.tsd"];

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Put(string name, string text) => Put(name, Encoding.UTF8.GetBytes(text));

    public string Put(string name, byte[] bytes)
    {
        File.WriteAllBytes(this[name], bytes);
        return this[name];
    }

    /// <summary>Trains a small regressor in a moment.</summary>
    public CliResult Train(string table, string targets, params string[] more)
    {
        string[][] usual = [["--hidden", "8"], ["--epochs", "3"], ["--threads", "1"]];
        return Tinysd.Run(
        [
            "train", "regressor", "--train", table, "--targets", targets, "--out", Model,
            .. usual.Where(option => !more.Contains(option[0])).SelectMany(option => option), .. more,
        ]);
    }

    /// <summary>Predictions of the model of <see cref="Train"/>.</summary>
    public CliResult Predict(string rows, params string[] more) => Tinysd.RunOn(rows, ["predict", Model, .. more]);

    /// <summary>y = 2 a - b + 1 of random a and b, with a header, a comma between.</summary>
    public static string Sums(int rows, int seed = 1)
    {
        var random = new Random(seed);
        var text = new StringBuilder("a,b,y\n");
        for (int i = 0; i < rows; i++)
        {
            double a = Math.Round(random.NextDouble(), 3), b = Math.Round(random.NextDouble() * 9, 3);
            text.Append(CultureInfo.InvariantCulture, $"{a},{b},{(2 * a) - b + 1}\n");
        }

        return text.ToString();
    }

    /// <summary>One column of numbers.</summary>
    public static string Column(string name, IEnumerable<double> values) =>
        $"{name}\n{string.Concat(values.Select(value => $"{value.ToString(CultureInfo.InvariantCulture)}\n"))}";

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
