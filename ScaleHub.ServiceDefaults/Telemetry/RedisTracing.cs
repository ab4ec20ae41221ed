using OpenTelemetry.Instrumentation.StackExchangeRedis;

namespace ScaleHub.ServiceDefaults.Telemetry;

/// <summary>
/// How Redis commands become spans. A span names the command and never its key: keys hold the ids of companies and sessions.
/// Commands are kept until they are turned into spans, by a thread of the instrumentation, every second: at 10,000 commands/s its
/// default of ten seconds would keep 100,000 of them.
/// </summary>
internal static class RedisTracing
{
    public static void Configure(StackExchangeRedisInstrumentationOptions options)
    {
        options.FlushInterval = TimeSpan.FromSeconds(1);
        options.SetVerboseDatabaseStatements = false;
        // Three events for each span, of which nobody has asked for one yet.
        options.EnrichActivityWithTimingEvents = false;
    }
}
