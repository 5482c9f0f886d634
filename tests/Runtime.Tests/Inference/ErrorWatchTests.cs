using TinySD.Runtime.Inference;

namespace TinySD.Runtime.Tests;

public sealed class ErrorWatchTests
{
    [Test]
    public async Task An_error_is_judged_by_the_mean_and_spread_of_those_before_it()
    {
        // The beginning counts as 100 errors of mean 0 and the spread that was given.
        var watch = new ErrorWatch(spread: 2, threshold: 100);
        double mean = 0, variance = 4;
        int count = 100;
        for (int i = 0; i < 3000; i++)
        {
            double error = Math.Sin(i * 1.7) * (1 + (i / 500.0));
            (double z, bool isAlarm) = watch.Judge(error);
            await Assert.That(isAlarm).IsFalse();
            if (Math.Abs(z - ((error - mean) / Math.Sqrt(variance))) > 1e-9) Assert.Fail($"error {i}: {z}");

            // Welford's recurrence, with a count that stops at the memory's length.
            count = Math.Min(count + 1, 1000);
            double difference = error - mean;
            mean += difference / count;
            variance += ((difference * (error - mean)) - variance) / count;
        }
    }

    [Test]
    public async Task A_watch_goes_on_where_another_was_to_the_same_bits_and_begins_anew_when_it_is_reset()
    {
        var watch = new ErrorWatch(spread: 0.5);
        for (int i = 0; i < 300; i++) watch.Judge(Math.Sin(i) * (i == 200 ? 40 : 1));
        byte[] state = new byte[watch.StateBytes];
        watch.CopyState(state);
        var other = new ErrorWatch(spread: 7);
        other.SetState(state);
        for (int i = 0; i < 300; i++) await Assert.That(other.Judge(Math.Cos(i))).IsEqualTo(watch.Judge(Math.Cos(i)));
        watch.Reset();
        await Assert.That(watch.Judge(1).Z).IsEqualTo(2);
    }

    [Test]
    public async Task Bytes_that_are_no_state_are_refused_and_change_nothing()
    {
        var watch = new ErrorWatch(spread: 1);
        byte[] state = new byte[watch.StateBytes];
        watch.CopyState(state);
        foreach (double variance in (double[])[-1, double.NaN, double.PositiveInfinity])
        {
            BitConverter.TryWriteBytes(state.AsSpan(24), variance);
            await Assert.That(() => watch.SetState(state)).Throws<ArgumentException>().WithMessageContaining("these bytes are no state");
        }

        await Assert.That(() => watch.SetState(state.AsSpan(4))).Throws<ArgumentException>();
        byte[] sampler = new byte[new TokenSampler(3).StateBytes];
        new TokenSampler(3).CopyState(sampler);
        await Assert.That(() => watch.SetState([.. sampler, .. new byte[state.Length - sampler.Length]])).Throws<ArgumentException>()
            .WithMessageContaining("'sampler'");
        await Assert.That(watch.Judge(2).Z).IsEqualTo(2);
    }

    [Test]
    public async Task One_outlier_does_not_hide_the_next_and_a_lasting_change_is_got_used_to()
    {
        var watch = new ErrorWatch(spread: 1);
        await Assert.That(watch.Judge(1000).IsAlarm).IsTrue();
        (double z, bool isAlarm) = watch.Judge(10);
        await Assert.That(isAlarm).IsTrue();
        await Assert.That(z).IsGreaterThan(8);
        int alarms = 0;
        for (int i = 0; i < 5000; i++) alarms += watch.Judge(20).IsAlarm ? 1 : 0;
        await Assert.That(alarms).IsGreaterThan(5).And.IsLessThan(1000);
        await Assert.That(watch.Judge(20).IsAlarm).IsFalse();
    }

    [Test]
    public async Task An_error_that_is_not_there_teaches_nothing()
    {
        ErrorWatch watch = new(spread: 1), other = new(spread: 1);
        (double z, bool isAlarm) = watch.Judge(double.NaN);
        await Assert.That((double.IsNaN(z), isAlarm)).IsEqualTo((true, false));
        await Assert.That(watch.Judge(0.5)).IsEqualTo(other.Judge(0.5));
    }

    [Test]
    [Arguments(-1.0, 1.0, 1.0)]
    [Arguments(double.NaN, 1.0, 1.0)]
    [Arguments(1.0, 0.0, 1.0)]
    [Arguments(1.0, 1.0, 0.0)]
    [Arguments(1.0, 1.0, double.NaN)]
    public async Task Figures_out_of_range_are_refused(double spread, double least, double threshold) =>
        await Assert.That(() => new ErrorWatch(spread, least, threshold)).Throws<ArgumentOutOfRangeException>();
}
