using TinySD.Runtime.Hardware;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Tests;

/// <summary>Profiles as data: what is impossible is refused by its key, and what a CPU and a build run is told apart.</summary>
public sealed class HardwareProfileTests
{
    private static readonly HardwareProfile _avx2 = new()
    {
        Name = "test",
        Description = "A test's.",
        Simd = new()
        {
            Instructions = SimdInstructions.Avx2,
            LaneWidth = 8,
            VectorRegisters = 16,
            L1Bytes = 32 << 10,
            L2Bytes = 1 << 20,
            L3Bytes = 32 << 20,
            Cores = 2,
            Tiles = new() { ForwardRows = 6 },
        },
    };

    private static readonly HardwareProfile _array = new()
    {
        Name = "test-array",
        Description = "A test's.",
        Systolic = new()
        {
            Rows = 8,
            Columns = 8,
            Dataflow = SystolicDataflow.WeightStationary,
            InputBytes = 1024,
            WeightBytes = 1024,
            OutputBytes = 1024,
            WordsPerCycle = 1,
            ClockMegahertz = 100,
            Number = SystolicNumber.Binary32,
            DrainOverlaps = true,
        },
    };

    [Test]
    public async Task Sound_profiles_have_no_fault()
    {
        await Assert.That(_avx2.FindFault()).IsNull();
        await Assert.That(_array.FindFault()).IsNull();
        await Assert.That(_avx2.Kind).IsEqualTo(HardwareKind.Simd);
        await Assert.That(_array.Kind).IsEqualTo(HardwareKind.Systolic);
    }

    [Test]
    [MethodDataSource(nameof(Impossible))]
    public async Task What_is_impossible_is_refused_by_its_key(string key, string message, HardwareProfile profile)
    {
        await Assert.That(profile.FindFault()).IsEqualTo(new HardwareFault(key, message));
        ArgumentException refused = Assert.Throws<ArgumentException>(profile.Validate);
        await Assert.That(refused.Message).IsEqualTo($"the hardware profile {profile.Name}: {key} {message}");
    }

    public static IEnumerable<Func<(string Key, string Message, HardwareProfile Profile)>> Impossible()
    {
        yield return () => ("name", "must be 1 to 64 lower-case letters, digits, full stops and hyphens", _avx2 with { Name = "My CPU" });
        yield return () => ("name", "must be 1 to 64 lower-case letters, digits, full stops and hyphens", _avx2 with { Name = "../up" });
        yield return () => ("description", "must have 1 to 2000 characters", _avx2 with { Description = "" });
        yield return () => ("fallback", "is the profile itself; name another, or leave it out", _avx2 with { Fallback = "test" });
        yield return () => ("keepMultiple", "is 0; expected a whole number from 1 to 65536", _avx2 with { KeepMultiple = 0 });
        yield return () => ("groupSize", "is -4; expected a whole number from 1 to 65536", _array with { GroupSize = -4 });
        yield return () => ("kind", "must have exactly one machine, simd or systolic", _avx2 with { Simd = null });
        yield return () => ("kind", "must have exactly one machine, simd or systolic", _avx2 with { Systolic = _array.Systolic });
        yield return () =>
            Simd("laneWidth", "is 16; expected 8, the floats in a register of this instruction set", s => s with { LaneWidth = 16 });
        yield return () =>
            Simd("vectorRegisters", "is 32; expected 16, as many as this instruction set has", s => s with { VectorRegisters = 32 });
        yield return () =>
            Simd("publishSetting", "must be 1 to 200 letters, digits, and any of . , - _ +", s => s with { PublishSetting = "a;b" });
        yield return () => Simd("l1Bytes", "is 0; expected a whole number from 1024 to 1099511627776", s => s with { L1Bytes = 0 });
        yield return () => Simd(
            "l2Bytes", "is 4096; expected 0 for none, or at least 32768, what the cache before it holds, and at most 1099511627776",
            s => s with { L2Bytes = 4096 });
        yield return () => Simd("cores", "is 0; expected a whole number from 1 to 1024", s => s with { Cores = 0 });
        yield return () => Tiles(
            "forwardRows", "is 9; expected at most 8: with 16 columns each row takes 2 of the 16 registers", t =>
                t with { ForwardRows = 9 });
        yield return () => Tiles("forwardColumns", "is 48; expected a multiple of 16 from 16 to 32", t => t with { ForwardColumns = 48 });
        yield return () => Tiles("forwardColumns", "is 8; expected a multiple of 16 from 16 to 32", t => t with { ForwardColumns = 8 });
        yield return () => Tiles("forwardUnits", "is 0; expected a whole number from 1 to 65536", t => t with { ForwardUnits = 0 });
        yield return () =>
            Tiles("windowColumns", "is 20; expected a multiple of 16 from 16 to 1048576", t => t with { WindowColumns = 20 });
        yield return () =>
            Tiles("streamedFloats", "is 0; expected a whole number from 1 to 1099511627776", t => t with { StreamedFloats = 0 });
        yield return () => Tiles("streamedUnits", "is 0; expected a whole number from 1 to 65536", t => t with { StreamedUnits = 0 });
        yield return () => Tiles("streamedAhead", "is 0; expected a multiple of 16 from 16 to 4096", t => t with { StreamedAhead = 0 });
        yield return () => Tiles("gradientSteps", "is 0; expected a whole number from 1 to 65536", t => t with { GradientSteps = 0 });
        yield return () => Array("rows", "is 0; expected a whole number from 1 to 4096", a => a with { Rows = 0 });
        yield return () => Array("weightBytes", "is -1; expected a whole number from 1 to 1099511627776", a => a with { WeightBytes = -1 });
        yield return () =>
            Array(
                "wordsPerCycle", "is NaN; expected a number of at least 0.001 and at most 1000000",
                a => a with { WordsPerCycle = double.NaN });
        yield return () =>
            Array("clockMegahertz", "is 0; expected a number of at least 0.001 and at most 100000", a => a with { ClockMegahertz = 0 });
    }

    [Test]
    [Arguments(SimdInstructions.Avx512, "Scalar Sse42 Avx2 Avx512")]
    [Arguments(SimdInstructions.Avx2, "Scalar Sse42 Avx2")]
    [Arguments(SimdInstructions.Sse42, "Scalar Sse42")]
    [Arguments(SimdInstructions.AdvSimd, "Scalar AdvSimd")]
    [Arguments(SimdInstructions.Scalar, "Scalar")]
    public async Task A_build_runs_its_own_instructions_and_those_they_include(SimdInstructions build, string expected)
    {
        var features = new CpuFeatures(SimdInstructions.Avx512, build);
        await Assert.That(string.Join(' ', Enum.GetValues<SimdInstructions>().Where(features.Runs))).IsEqualTo(expected);
        await Assert.That(features.IsBuiltForLess).IsEqualTo(build != SimdInstructions.Avx512);
    }

    [Test]
    public async Task This_process_runs_no_more_than_its_cpu_has()
    {
        CpuFeatures here = CpuFeatures.Here;
        await Assert.That(here.CpuHas(here.Build)).IsTrue();

        // Just in time, a build uses all there is.
        await Assert.That(here.Build).IsEqualTo(KernelChoice.WidestLanes switch
        {
            16 => SimdInstructions.Avx512,
            8 => SimdInstructions.Avx2,
            _ => here.Build,
        });
    }

    [Test]
    public async Task Kernels_are_refused_to_a_profile_that_does_not_run_here()
    {
        await Assert.That(() => KernelChoice.For(_array)).Throws<ArgumentException>()
            .WithMessage("the hardware profile test-array is of a systolic array, on which no kernel runs");
        HardwareProfile helium = _avx2 with
        {
            Simd = _avx2.Simd! with
            {
                Instructions = SimdInstructions.Helium,
                LaneWidth = 4,
                VectorRegisters = 8,
                Tiles = new() { ForwardRows = 2 },
            },
        };
        await Assert.That(() => KernelChoice.For(helium)).Throws<ArgumentException>()
            .WithMessage("the hardware profile test asks for instructions that this CPU or this build does not have");
        await Assert.That(() => KernelChoice.For(_avx2 with { KeepMultiple = 0 })).Throws<ArgumentException>();
    }

    [Test]
    public async Task A_profile_sets_the_kernels_that_run()
    {
        if (!CpuFeatures.Here.Runs(SimdInstructions.Avx2)) return;
        KernelSet kernels = KernelChoice.For(_avx2);
        await Assert.That(kernels.GetType()).IsEqualTo(KernelChoice.ForLaneWidth(8).GetType());
        await Assert.That(kernels.Tiling).IsEqualTo(_avx2.Simd!.Tiles);
        await Assert.That(KernelChoice.InstructionSetUnder(_avx2)).IsEqualTo("AVX2");
        await Assert.That(KernelChoice.For(null)).IsSameReferenceAs(KernelChoice.Best);
    }

    private static (string Key, string Message, HardwareProfile Profile) Simd(
        string key, string message, Func<SimdMachine, SimdMachine> change) =>
        ("simd." + key, message, _avx2 with { Simd = change(_avx2.Simd!) });

    private static (string Key, string Message, HardwareProfile Profile) Tiles(
        string key, string message, Func<ProductTiles, ProductTiles> change) =>
        Simd("tiles." + key, message, simd => simd with { Tiles = change(simd.Tiles) });

    private static (string Key, string Message, HardwareProfile Profile) Array(
        string key, string message, Func<SystolicArray, SystolicArray> change) =>
        ("systolic." + key, message, _array with { Systolic = change(_array.Systolic!) });
}
