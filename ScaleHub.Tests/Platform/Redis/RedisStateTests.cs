using ScaleHub.Core.Platform.Redis;

namespace ScaleHub.Tests.Platform.Redis;

/// <summary>Each state of the circuit breaker with each event: now is 100, a rest lasts 50.</summary>
public sealed class RedisStateTests
{
    public static readonly TheoryData<string, string, string> Transitions = new()
    {
        // In time: whatever was, Redis answers.
        { "Answering 80 trusted", "Answered 90", "Answering 80 trusted" },
        { "Answering 80", "Answered 90", "Answering 80 trusted" },
        { "Late 150 trusted", "Answered 90", "Answering 100 trusted" },
        { "Late 150", "Answered 90", "Answering 100 trusted" },
        { "Gone 150", "Answered 90", "Answering 100 trusted" },
        // Late: ends a rest, unless the answer before was late too.
        { "Answering 80 trusted", "AnsweredLate 10", "Answering 80 trusted" },
        { "Answering 80", "AnsweredLate 10", "Answering 80" },
        { "Late 150 trusted", "AnsweredLate 10", "Answering 100" },
        { "Late 150", "AnsweredLate 10", "Late 150" },
        { "Gone 150", "AnsweredLate 10", "Answering 100" },
        // Not in time: only what was sent since Redis answered again says something.
        { "Answering 80 trusted", "TimedOut 90", "Late 150 trusted" },
        { "Answering 80", "TimedOut 90", "Late 150" },
        { "Answering 80 trusted", "TimedOut 80", "Answering 80 trusted" },
        { "Late 120 trusted", "TimedOut 90", "Late 120 trusted" },
        { "Gone 120", "TimedOut 90", "Gone 120" },
        // An error: the server is there, but no answer of the past tells when it will do what it is asked.
        { "Answering 80 trusted", "Refused 90", "Late 150" },
        { "Answering 80 trusted", "Refused 80", "Answering 80 trusted" },
        { "Late 120 trusted", "Refused 90", "Late 120 trusted" },
        { "Gone 120", "Refused 90", "Late 150" },
        // Gone.
        { "Answering 80 trusted", "Silent 90", "Gone 150" },
        { "Answering 80 trusted", "Silent 80", "Answering 80 trusted" },
        { "Late 120 trusted", "Silent 90", "Gone 150" },
        { "Gone 120", "Silent 90", "Gone 120" },
        { "Answering 80 trusted", "Disconnected 90", "Gone 150" },
        { "Answering 80 trusted", "Disconnected 80", "Answering 80 trusted" },
        { "Late 120", "Disconnected 90", "Gone 150" },
        { "Gone 120", "Disconnected 90", "Gone 120" },
        // Back: the next who needs it may ask at once.
        { "Answering 80 trusted", "Reconnected 100", "Answering 80 trusted" },
        { "Late 120 trusted", "Reconnected 100", "Late 120 trusted" },
        { "Gone 120", "Reconnected 100", "Gone 100" },
    };

    [Theory]
    [MemberData(nameof(Transitions))]
    public void Each_event_leads_from_each_state_to_one_state(string before, string happened, string after)
    {
        var words = happened.Split(' ');
        var next = State(before).Next(Enum.Parse<RedisEvent>(words[0]), sent: long.Parse(words[1], null), now: 100, breakDuration: 50);
        Assert.Equal(State(after), next);
    }

    [Fact]
    public void The_table_has_each_phase_with_each_event()
    {
        var all = Enum.GetValues<RedisPhase>().SelectMany(phase => Enum.GetValues<RedisEvent>().Select(e => $"{phase} {e}"));
        var tested = Transitions.Select(row => $"{((string)row[0]).Split(' ')[0]} {((string)row[1]).Split(' ')[0]}");
        Assert.Equal(all.Order(), tested.Distinct().Order());
    }

    [Theory]
    [InlineData("Answering 80 trusted", true, "Answering 80 trusted")]
    [InlineData("Late 101 trusted", false, null)]
    [InlineData("Late 100 trusted", true, "Late 150 trusted")]
    [InlineData("Gone 101", false, null)]
    [InlineData("Gone 100", true, "Gone 150")]
    public void One_caller_may_ask_when_the_rest_is_over(string before, bool may, string? taken)
    {
        Assert.Equal(may, State(before).MayAsk(now: 100, breakDuration: 50, out var state));
        if (taken is not null) Assert.Equal(State(taken), state);
    }

    private static RedisState State(string text)
    {
        var words = text.Split(' ');
        return new(Enum.Parse<RedisPhase>(words[0]), long.Parse(words[1], null), words.Length > 2);
    }
}
