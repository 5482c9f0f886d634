namespace TinySD.Tools.Options;

/// <summary>The options of a record's figures, one each.</summary>
/// <param name="fields">The figures, in the order of the help.</param>
internal sealed class FieldOptions<T>(IEnumerable<Field<T>> fields)
    where T : class
{
    private readonly Entry[] _options = [.. fields.Select(field => new Entry(field, Ranged.Change(field)))];

    public IEnumerable<Option> All => _options.Select(entry => entry.Option);

    public Option this[string name] => All.First(option => option.Name == name);

    public IReadOnlyList<string> Given(ParseResult parsed) => Ranged.Given(parsed, [.. All]);

    /// <summary>A record with what a command line asks for; options that have no effect for one reason are warned of in one line. What
    /// settles the record does so before the figures that depend on others.</summary>
    public T Apply(ParseResult parsed, T own, Warnings warnings, Func<T, T>? settle = null)
    {
        T record = own;
        foreach ((Field<T> field, Option option) in _options.Where(entry => entry.Field.Idle is null))
            record = Ranged.ChangeOf(parsed, field, option)?.Invoke(record) ?? record;
        if (settle is not null) record = settle(record);
        var idle = new List<Idle>();
        foreach ((Field<T> field, Option option) in _options.Where(entry => entry.Field.Idle is not null))
        {
            Func<T, T>? change = Ranged.ChangeOf(parsed, field, option);
            string? why = field.Idle!(record);
            T changed = change is null ? record : change(record);
            record = why is null ? changed : field.StaysIdle ? record : field.WithUsual(record);

            // A switch that turns off what is off anyway asks for nothing.
            if (why is null || change is null || (option is Option<bool?> && field.TextOf(changed) == field.TextOf(record))) continue;
            idle.Add(new(option.Name, why));
        }

        foreach (IGrouping<string, string> alike in idle.GroupBy(entry => entry.Why, entry => entry.Option))
            warnings.NoEffect([.. alike], alike.Key);
        return record;
    }

    private sealed record Entry(Field<T> Field, Option Option);

    private sealed record Idle(string Option, string Why);
}
