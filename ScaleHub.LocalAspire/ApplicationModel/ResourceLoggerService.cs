using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A line of a resource's console.</summary>
public readonly record struct LogLine(int LineNumber, string Content, bool IsErrorMessage)
{
    /// <summary>When it was written (UTC), for the dashboard.</summary>
    internal DateTime Time { get; init; }
}

/// <summary>Keeps the last <see cref="Capacity"/> console lines of every resource, and hands on new ones as they come.</summary>
public partial class ResourceLoggerService : IDisposable
{
    /// <summary>Lines kept for each resource, and for each reader that does not keep up; older ones are dropped.</summary>
    internal const int Capacity = 10_000;

    private readonly ConcurrentDictionary<string, ResourceLog> _logs = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>A logger that writes to the resource's console.</summary>
    public ILogger GetLogger(IResource resource) => GetLogger(resource.Name);

    /// <summary>A logger that writes to the resource's console.</summary>
    public ILogger GetLogger(string resourceName) => Of(resourceName);

    /// <summary>What has been kept, then every new batch of lines until the log is complete.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName) => Of(resourceName).WatchAsync();

    /// <summary>What has been kept, then every new batch of lines until the log is complete.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(IResource resource) => WatchAsync(resource.Name);

    /// <summary>What has been kept.</summary>
    public async IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(IResource resource)
    {
        yield return await Task.FromResult(Of(resource.Name).Kept());
    }

    /// <summary>No more lines will come.</summary>
    public void Complete(string name) => Of(name).Complete();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var log in _logs.Values)
        {
            log.Complete();
        }
        GC.SuppressFinalize(this);
    }

    internal void Append(string resourceName, string line, bool isError) => Of(resourceName).Append(line, isError);

    /// <summary>
    /// The line that says best what went wrong: the last of standard error that sounds like it (PostgreSQL writes all it has
    /// to say there, and .NET a stack below the message), or else the last of standard error, or of the whole console.
    /// </summary>
    internal string? LastWords(string resourceName)
    {
        var lines = Of(resourceName).Kept().Where(l => !string.IsNullOrWhiteSpace(l.Content)).ToList();
        var errors = lines.FindAll(l => l.IsErrorMessage);
        var words = errors.FindLast(l => Trouble().IsMatch(l.Content)).Content
            ?? errors.FindLast(l => !l.Content.StartsWith("   at ", StringComparison.Ordinal)).Content
            ?? lines.LastOrDefault().Content;
        return words?.Trim();
    }

    [GeneratedRegex(@"\b(FATAL|PANIC|ERROR|emerg|error:|Unhandled exception)")]
    private static partial Regex Trouble();

    private ResourceLog Of(string name) => _logs.GetOrAdd(name, _ => new());

    private sealed class ResourceLog : ILogger
    {
        private readonly Lock _lock = new();
        private readonly Queue<LogLine> _lines = new();
        private readonly List<Channel<LogLine>> _readers = [];
        private int _count;
        private bool _complete;

        public void Append(string content, bool isError)
        {
            lock (_lock)
            {
                var line = new LogLine(++_count, content, isError) { Time = DateTime.UtcNow };
                _lines.Enqueue(line);
                if (_lines.Count > Capacity)
                {
                    _lines.Dequeue();
                }
                _readers.ForEach(r => r.Writer.TryWrite(line));
            }
        }

        public IReadOnlyList<LogLine> Kept()
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }

        public void Complete()
        {
            lock (_lock)
            {
                _complete = true;
                _readers.ForEach(r => r.Writer.TryComplete());
            }
        }

        public async IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync([EnumeratorCancellation] CancellationToken ct = default)
        {
            var reader = Channel.CreateBounded<LogLine>(
                new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest });
            lock (_lock)
            {
                foreach (var line in _lines)
                {
                    reader.Writer.TryWrite(line);
                }
                _readers.Add(reader);
                if (_complete)
                {
                    reader.Writer.TryComplete();
                }
            }
            try
            {
                while (await reader.Reader.WaitToReadAsync(ct))
                {
                    var batch = new List<LogLine>();
                    while (batch.Count < 1_000 && reader.Reader.TryRead(out var line))
                    {
                        batch.Add(line);
                    }
                    yield return batch;
                }
            }
            finally
            {
                lock (_lock)
                {
                    _readers.Remove(reader);
                }
            }
        }

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => Append(formatter(state, exception) + (exception is null ? "" : ": " + exception.Message), logLevel >= LogLevel.Error);

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    }
}
