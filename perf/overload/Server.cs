using System.Diagnostics;
using System.Globalization;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Overload;

namespace ScaleHub.Perf.Overload;

/// <summary>
/// The API's error handling and load shedding before an endpoint that does what a request does: ten short pieces of work of 100
/// µs with waits between, as for Redis and the database.
/// </summary>
internal static class Server
{
    /// <summary>Milliseconds from the request's first byte in the pipeline to the response's first.</summary>
    public const string TimeHeader = "X-Time";

    private const int Pieces = 10;
    private static readonly long PieceTicks = Stopwatch.Frequency / 10_000;

    public static async Task<int> RunAsync(string port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.AddErrors();
        builder.AddLoadShedding();
        var app = builder.Build();
        app.Use((context, next) =>
        {
            var began = Stopwatch.GetTimestamp();
            context.Response.OnStarting(() =>
            {
                var took = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
                context.Response.Headers[TimeHeader] = took.ToString("0.00", CultureInfo.InvariantCulture);
                return Task.CompletedTask;
            });
            return next(context);
        });
        app.UseErrors();
        app.UseRouting();
        app.UseLoadShedding();
        app.MapGet("/work", WorkAsync);
        await app.RunAsync();
        return 0;
    }

    private static async Task<string> WorkAsync()
    {
        for (var piece = 0; piece < Pieces; piece++)
        {
            var until = Stopwatch.GetTimestamp() + PieceTicks;
            while (Stopwatch.GetTimestamp() < until)
            {
                // Burns a processor, as parsing and serialising do.
            }
            await Task.Yield();
        }
        return "done";
    }
}
