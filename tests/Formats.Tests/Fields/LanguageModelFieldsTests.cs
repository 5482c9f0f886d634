using System.Reflection;
using System.Text;
using System.Text.Json;
using TinySD.Formats.Fields;
using TinySD.Formats.Models;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Tasks;

namespace TinySD.Formats.Tests;

/// <summary>The table of a language model's figures, walked row by row: a new row is tested by being there.</summary>
public sealed class LanguageModelFieldsTests
{
    private static readonly FieldTable<LanguageModelRecipe> s_table = LanguageModelFields.Table;
    private static readonly LanguageModelRecipe s_plain = new() { Name = "plain" };

    public static IEnumerable<string> Options() => s_table.Fields.Select(field => field.Option);

    [Test]
    public async Task Every_property_of_a_recipe_has_one_row()
    {
        string[] properties =
        [
            .. Settable<LanguageModelRecipe>()
            .Where(name => name != "dropout"), .. Settable<DropoutSpec>().Select(name => $"dropout.{name}"),
        ];
        await Assert.That(s_table.Fields.Select(field => field.Json).Order())
            .IsEquivalentTo(properties.Order(), CollectionOrdering.Matching);
        foreach (Func<Field<LanguageModelRecipe>, string> name in new Func<Field<LanguageModelRecipe>, string>[] { f => f.Option,
            f => f.Result })
            await Assert.That(s_table.Fields.Select(name).Distinct().Count()).IsEqualTo(s_table.Fields.Count);
    }

    [Test]
    [MethodDataSource(nameof(Options))]
    public async Task A_row_sets_the_property_of_its_name_and_no_other(string option)
    {
        (Field<LanguageModelRecipe> field, LanguageModelRecipe changed) = Changed(option);
        string[] differing = [.. Values(s_plain).Zip(Values(changed)).Where(pair => !Equals(pair.First.Value, pair.Second.Value))
            .Select(pair => pair.First.Name)];
        await Assert.That(differing).IsEquivalentTo([field.Json]);
    }

    [Test]
    [MethodDataSource(nameof(Options))]
    public async Task A_row_comes_back_from_a_file_and_is_left_out_where_it_is_usual(string option)
    {
        (Field<LanguageModelRecipe> field, LanguageModelRecipe changed) = Changed(option);
        await Assert.That(Read(Write(changed))).IsEqualTo(changed);
        await Assert.That(Has(Write(changed), field.Json)).IsTrue();
        await Assert.That(Has(Write(field.WithUsual(s_plain)), field.Json)).IsEqualTo(field.IsRequired || field.IsAlwaysWritten);
    }

    [Test]
    [MethodDataSource(nameof(Options))]
    public async Task A_row_is_shown_printed_and_compared(string option)
    {
        (Field<LanguageModelRecipe> field, LanguageModelRecipe changed) = Changed(option);
        bool isShown = field.Idle?.Invoke(changed) is null;
        await Assert.That(s_table.Rows(changed).Contains((option, field.TextOf(changed)))).IsEqualTo(isShown);
        string? was = s_table.Rows(s_plain).FirstOrDefault(row => row.Option == option).Value;
        (string, string?, string?) difference = (option, was, field.TextOf(changed));
        await Assert.That(s_table.Differences(s_plain, changed).Contains(difference)).IsEqualTo(isShown);
        await Assert.That(s_table.Differences(changed, changed)).IsEmpty();

        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            s_table.WriteResult(writer, changed);
            writer.WriteEndObject();
        }

        using JsonDocument document = JsonDocument.Parse(json.ToArray());
        JsonElement shown = document.RootElement.GetProperty(field.Result);
        await Assert.That(shown.ToString().ToLowerInvariant()).IsEqualTo(field.TextOf(changed).ToLowerInvariant());
        await Assert.That(document.RootElement.EnumerateObject().Count()).IsEqualTo(s_table.Fields.Count);
    }

    [Test]
    [MethodDataSource(nameof(Options))]
    public async Task A_member_of_another_type_missing_or_repeated_is_refused_by_its_name(string option)
    {
        (Field<LanguageModelRecipe> field, LanguageModelRecipe changed) = Changed(option);
        string json = Write(changed), name = field.Json[(field.Json.IndexOf('.', StringComparison.Ordinal) + 1)..];

        // The first of that name, or the one of dropout.
        int start = json.IndexOf($"\"{name}\":", field.Json == name
            ? 0 : json.IndexOf("\"dropout\":", StringComparison.Ordinal), StringComparison.Ordinal);
        int end = json.IndexOfAny([',', '}'], start);
        string member = json[start..end], path = $"$.recipe.{field.Json}";
        (string, string)[] faults =
        [
            (json.Replace(member, $"\"{name}\":[]", StringComparison.Ordinal), $"{field.Json} is a list; expected " +
                $"{field.Spelling.Expected}"),
            (json[..start] + member + ',' + json[start..], $"{field.Json} stands twice"),
        ];
        foreach ((string text, string message) in faults)
        {
            JsonException exception = Assert.Throws<JsonException>(() => Read(text));
            await Assert.That((exception.Message, exception.Path)).IsEqualTo((message, path));
        }

        string without = json.Replace(member, "", StringComparison.Ordinal).Replace(",,", ",", StringComparison.Ordinal)
            .Replace("{,", "{", StringComparison.Ordinal).Replace(",}", "}", StringComparison.Ordinal);
        if (field.IsRequired)
            await Assert.That(Assert.Throws<JsonException>(() => Read(without)).Message).IsEqualTo($"the key {field.Json} is missing");
        else await Assert.That(Read(without)).IsEqualTo(field.WithUsual(changed));
        if (field.Spelling.Names.Count == 0) return;
        string wrong = json.Replace(member, $"\"{name}\":\"none of them\"", StringComparison.Ordinal);
        ArgumentException unknown = Assert.Throws<ArgumentException>(() => Read(wrong));
        string known = $"{string.Join(", ", field.Spelling.Names.SkipLast(1))} or {field.Spelling.Names[^1]}";
        await Assert.That(unknown.Message).IsEqualTo($"{field.Json} is 'none of them'; expected {known}");
    }

    [Test]
    [Arguments("\"name\":\"plain\"", "\"name\":\"plain\",\"gates\":4", "gates is no key of a recipe", "$.recipe.gates")]
    [Arguments("\"kind\":\"none\"", "\"kind\":\"none\",\"bptt\":4", "dropout.bptt is no key of a recipe", "$.recipe.dropout.bptt")]
    [Arguments("\"dropout\":{", "\"dropout\":7,\"rest\":{", "dropout is 7; expected an object", "$.recipe.dropout")]
    [Arguments("\"batchSize\":20", "\"batchSize\":4294967300", "batchSize is 4294967300; expected a whole number from 1 to 65536",
        "$.recipe.batchSize")]
    [Arguments("\"batchSize\":20", "\"batchSize\":20.5", "batchSize is 20.5; expected a whole number from 1 to 65536",
        "$.recipe.batchSize")]
    [Arguments("\"batchSize\":20", "\"batchSize\":null", "batchSize is null; expected a whole number from 1 to 65536",
        "$.recipe.batchSize")]
    [Arguments("\"seed\":1", "\"seed\":-1", "seed is -1; expected a whole number from 0 to 2^64 - 1", "$.recipe.seed")]
    public async Task What_is_no_recipe_is_refused_where_it_is_wrong(string was, string now, string message, string path)
    {
        string json = Write(s_plain).Replace(was, now, StringComparison.Ordinal);
        JsonException exception = Assert.Throws<JsonException>(() => Read(json));
        await Assert.That((exception.Message, exception.Path)).IsEqualTo((message, path));
        await Assert.That(exception.BytePositionInLine!.Value).IsBetween(json.IndexOf(now[..4], StringComparison.Ordinal), json.Length);
    }

    [Test]
    public async Task Words_that_files_once_had_are_read_and_a_null_means_a_member_that_is_not_there()
    {
        string json = Write(s_plain)[..^1];
        await Assert.That(Read(json + ",\"lossReduction\":\"sum-over-time\",\"wordDrop\":null}")).IsEqualTo(s_plain);
        await Assert.That(Read(json + ",\"lossReduction\":\"sum\"}")).IsEqualTo(s_plain);
        await Assert.That(ModelSpelling.MaskDraws.TryParse("exact", out _)).IsTrue();
        await Assert.That(Assert.Throws<ArgumentException>(() => Read(json.Replace("exact-count", "exact", StringComparison.Ordinal) + "}"))
            .Message)
            .IsEqualTo("dropout.draw is 'exact'; expected exact-count or bernoulli");
    }

    private static (Field<LanguageModelRecipe> Field, LanguageModelRecipe Changed) Changed(string option)
    {
        Field<LanguageModelRecipe> field = s_table.Find(option)!;
        string[] words = [.. field.Spelling.Names, "true", "0.25", "0.5", "3", "other"];
        string word = words.First(word => field.Parse(word) is { } change && field.TextOf(change(s_plain)) != field.TextOf(s_plain));
        return (field, field.Parse(word)!(s_plain));
    }

    private static string Write(LanguageModelRecipe recipe)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json)) s_table.Write(writer, recipe);
        return Encoding.UTF8.GetString(json.ToArray());
    }

    private static LanguageModelRecipe Read(string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        LanguageModelRecipe recipe = s_table.Read(ref reader, "$.recipe", out string? fault);
        return fault is null ? recipe : throw new ArgumentException(fault);
    }

    private static bool Has(string json, string path)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement element = document.RootElement;
        return path.Split('.').All(name => element.TryGetProperty(name, out element));
    }

    private static IEnumerable<string> Settable<T>() =>
        typeof(T).GetProperties(BindingFlags.Instance | BindingFlags.Public).Where(p => p.CanWrite)
            .Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name));

    private static IEnumerable<(string Name, object? Value)> Values(LanguageModelRecipe recipe) =>
    [
        .. Of(recipe, "").Where(value => value.Name != "dropout"), .. Of(recipe.Dropout, "dropout."),
    ];

    private static IEnumerable<(string Name, object? Value)> Of(object record, string prefix) =>
        record.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public).Where(p => p.CanWrite)
            .Select(p => (prefix + JsonNamingPolicy.CamelCase.ConvertName(p.Name), p.GetValue(record)));
}
