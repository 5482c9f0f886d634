using System.Text;
using System.Text.Json;
using TinySD.Tools.Json;

namespace TinySD.Tools.Tests;

/// <summary>How results are written as JSON.</summary>
public sealed class JsonMembersTests
{
    [Test]
    public async Task A_member_has_the_name_of_what_is_added_in_camel_case()
    {
        const int BestEpoch = 3;
        const string Q = "why";
        await Assert.That(Written(json => json.Add(BestEpoch).Add(Q).Add(0.5, "LeastQ")))
            .IsEqualTo("""{"bestEpoch":3,"q":"why","leastQ":0.5}""");
    }

    [Test]
    public async Task What_has_no_value_is_left_out() => await Assert.That(Written(json => json
        .Add((string?)null, "a").Add((long?)null, "b").Add((double?)null, "c").Add((bool?)null, "d").Add((float?)null, "e")
        .Add((IReadOnlyList<string>?)null, "f").Add((IJsonObject?)null, "g").Add((byte[]?)null, "h"))).IsEqualTo("{}");

    [Test]
    public async Task A_number_that_is_not_finite_is_null() => await Assert
        .That(Written(json => json.Add(double.PositiveInfinity, "a").Add([1.5, double.NaN], "b").Add(0.1f, "c").Add(ulong.MaxValue, "d")))
        .IsEqualTo("""{"a":null,"b":[1.5,null],"c":0.1,"d":18446744073709551615}""");

    [Test]
    public async Task The_end_of_a_metric_s_name_is_the_task_s() => await Assert
        .That(Written(json => json.Add(1, "ValidMetric").Add("mse", "Metric"), "Perplexity"))
        .IsEqualTo("""{"validPerplexity":1,"metric":"mse"}""");

    [Test]
    public async Task Objects_lie_in_objects_and_lists() => await Assert
        .That(Written(json => json
            .Add(new Point(1), "Only").Add([new Point(2), new Point(3)], "All").Add(inner => inner.Add(4, "X"), "own")))
        .IsEqualTo("""{"only":{"x":1},"all":[{"x":2},{"x":3}],"own":{"x":4}}""");

    private static string Written(Action<JsonMembers> members, string? metric = null)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) new JsonMembers(writer) { Metric = metric }.Write(members);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private sealed record Point(int X) : IJsonObject
    {
        public void Write(JsonMembers json) => json.Add(X);
    }
}
