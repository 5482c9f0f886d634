using System.Globalization;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Tests;

/// <summary>That a run of the suite with wide instruction sets masked really does without them; see <c>.ci/run</c>.</summary>
public sealed class MaskedInstructionSetTests
{
    [Test]
    public async Task Registers_are_as_wide_as_the_run_says()
    {
        string? expected = Environment.GetEnvironmentVariable("TINYSD_WIDEST_LANES");
        if (expected == null) Skip.Test("TINYSD_WIDEST_LANES is not set: nothing is masked");
        await Assert.That(KernelChoice.WidestLanes).IsEqualTo(int.Parse(expected!, CultureInfo.InvariantCulture));
    }
}
