using Microsoft.Extensions.Logging;
using ScaleHub.Core.Platform;

namespace ScaleHub.Tests.Platform;

public sealed class RoundsTests
{
    [Fact]
    public async Task A_loop_survives_any_exception_and_logs_the_first_and_the_end()
    {
        var log = new Log();
        var rounds = new Rounds("The loop", log);
        Exception?[] outcomes =
            [null, new InvalidCastException(), new OperationCanceledException(), new TimeoutException(), null, null];
        List<bool> succeeded = [];
        foreach (var outcome in outcomes)
            succeeded.Add(await rounds.RunAsync(
                () => outcome is null ? Task.CompletedTask : throw outcome, CancellationToken.None));
        Assert.Equal([true, false, false, false, true, true], succeeded);
        Assert.Equal([(LogLevel.Error, typeof(InvalidCastException)), (LogLevel.Information, null)], log.Lines);
    }

    [Fact]
    public async Task The_stop_of_the_host_is_let_through()
    {
        using var stopping = new CancellationTokenSource();
        await stopping.CancelAsync();
        var log = new Log();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new Rounds("The loop", log).RunAsync(() => Task.FromCanceled(stopping.Token), stopping.Token));
        Assert.Empty(log.Lines);
    }

    private sealed class Log : ILogger
    {
        public List<(LogLevel Level, Type? Reason)> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => Lines.Add((logLevel, exception?.GetType()));
    }
}
