using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tests;

/// <summary>One model at several shares, of which one runs at a time.</summary>
public sealed class SessionsByShareTests
{
    private static readonly float[] s_shares = [1f, 0.75f, 0.5f, 0.25f];

    private static readonly LanguageModel s_model = Cases.Model(Cases.Config(23, 18, 30, 2));

    [Test]
    public async Task Every_share_answers_as_a_session_of_the_model_at_it_and_begins_anew()
    {
        SessionsByShare<LanguageModelSession> sessions = Open();
        await Assert.That((sessions.Share, sessions.Session.IsFresh)).IsEqualTo((1f, true));
        foreach (float share in (float[])[0.5f, 1f, 0.25f, 0.5f, 0.75f])
        {
            sessions.Session.Reset();
            sessions.Share = share;
            await Assert.That((sessions.Share, sessions.Session.IsFresh)).IsEqualTo((share, true));
            var alone = new LanguageModelSession(s_model.AtShare(share));
            foreach (int token in (int[])[3, 1, 4, 1, 5])
            {
                float[] expected = alone.Step(token).ToArray();
                await Assert.That(Arrays.FirstDifference(sessions.Session.Step(token).ToArray(), expected)).IsNull();
            }
        }
    }

    [Test]
    public async Task A_share_does_not_change_in_the_middle_of_a_sequence()
    {
        SessionsByShare<LanguageModelSession> sessions = Open();
        sessions.Session.Step(3);
        await Assert.That(() => sessions.Share = 0.5f).Throws<InvalidOperationException>().WithMessage(
            "the share is to change from 1 to 0.5, and the session is in the middle of a sequence; Reset it first: a share changes " +
            "between sequences");
        await Assert.That(sessions.Share).IsEqualTo(1f);
        sessions.Share = 1f;
        byte[] state = new byte[sessions.Session.StateBytes];
        sessions.Session.CopyState(state);
        sessions.Session.Reset();
        sessions.Share = 0.5f;

        // A state that was set is one in the middle, and one of another share is refused.
        await Assert.That(() => sessions.Session.SetState(state)).Throws<ArgumentException>();
        sessions.Session.Reset();
        sessions.Share = 1f;
        sessions.Session.SetState(state);
        await Assert.That(() => sessions.Share = 0.5f).Throws<InvalidOperationException>();
    }

    [Test]
    public async Task A_session_is_fresh_until_it_is_fed_or_set_and_after_a_reset()
    {
        var session = new LanguageModelSession(s_model, batch: 2);
        byte[] state = new byte[session.StateBytes], one = new byte[session.SequenceStateBytes];
        session.CopyState(state);
        session.CopyState(1, one);
        await Assert.That(session.IsFresh).IsTrue();
        session.SetState(state);
        await Assert.That(session.IsFresh).IsFalse();
        session.Reset();
        await Assert.That(session.IsFresh).IsTrue();
        session.Step([1, 2]);
        session.Reset(0);
        await Assert.That(session.IsFresh).IsFalse();
        session.Reset();
        session.SetState(1, one);
        await Assert.That(session.IsFresh).IsFalse();
        var alone = new LanguageModelSession(s_model);
        alone.Step(1);
        alone.Reset(0);
        await Assert.That(alone.IsFresh).IsTrue();
    }

    [Test]
    public async Task What_was_fed_to_a_session_behind_its_back_is_forgotten_when_its_share_is_chosen()
    {
        SessionsByShare<LanguageModelSession> sessions = Open();
        LanguageModelSession whole = sessions.Session;
        sessions.Share = 0.5f;
        whole.Step(7);
        sessions.Share = 1f;
        await Assert.That(Arrays.FirstDifference(sessions.Session.Step(3).ToArray(), new LanguageModelSession(s_model).Step(3).ToArray()))
            .IsNull();
    }

    [Test]
    public async Task Shares_that_there_are_not_are_refused()
    {
        SessionsByShare<LanguageModelSession> sessions = Open();
        await Assert.That(() => sessions.Share = 0.3f).Throws<ArgumentOutOfRangeException>()
            .WithMessageContaining("Share must be one of 1, 0.75, 0.5, 0.25");
        foreach (float[] shares in (float[][])[[], [0f], [1.5f], [float.NaN], [0.5f, 1f, 0.5f]])
            await Assert.That(() => new SessionsByShare<LanguageModelSession>(shares, share => new(s_model))).Throws<ArgumentException>();
        var shared = new LanguageModelSession(s_model);
        await Assert.That(() => new SessionsByShare<LanguageModelSession>(s_shares, share => shared)).Throws<ArgumentException>();
    }

    [Test]
    [NotInParallel]
    public async Task A_change_of_the_share_and_all_steps_after_it_allocate_nothing()
    {
        SessionsByShare<LanguageModelSession> sessions = Open();
        long bytes = Allocations.LeastOnThisThread(() =>
        {
            foreach (float share in s_shares)
            {
                sessions.Session.Reset();
                sessions.Share = share;
                for (int token = 0; token < 5; token++) sessions.Session.Step(token);
            }
        });
        await Assert.That(bytes).IsEqualTo(0);
    }

    private static SessionsByShare<LanguageModelSession> Open() => new(s_shares, share => new(s_model.AtShare(share)));
}
