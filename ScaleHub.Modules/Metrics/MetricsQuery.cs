using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Input;
using ScaleHub.Http.Metrics;

namespace ScaleHub.Modules.Metrics;

/// <summary>Which time is asked for.</summary>
public sealed record MetricsQuery(
    [property: FromQuery(Name = "from"), Description("From this time (RFC 3339) on; by default an hour before the end.")] Timestamp? From,
    [property: FromQuery(Name = "to"), Description("To the end of the point that has this time (RFC 3339); by default now.")] Timestamp? To,
    [property: FromQuery(Name = "step"), Description(
        "What a point of the series stands for; by default what gives at most 180 points. There are 1,500 points at most.")]
    EnumName<MetricStep>? Step)
{
    private const int MostPoints = 1500;

    /// <summary>The time that is asked for, beginning where a point begins.</summary>
    /// <exception cref="BadRequestException">It ends before it begins, or has too many points.</exception>
    internal MetricsRange RangeAt(DateTimeOffset now)
    {
        var to = To is { Value: var end } && end < now ? end : now;
        var from = From?.Value ?? new(Math.Max(0, to.UtcTicks - TimeSpan.TicksPerHour), TimeSpan.Zero);
        if (from >= to) throw new BadRequestException("The parameter from must be before to, and in the past.");
        var step = Step?.Value ?? (to - from).TotalHours switch
        {
            <= 3 => MetricStep.Minute,
            <= 24 * 7 => MetricStep.Hour,
            <= 24 * 180 => MetricStep.Day,
            _ => MetricStep.Week,
        };
        if ((to - from) / step.Length() > MostPoints)
            throw new BadRequestException($"There would be more than {MostPoints} points. Ask for a shorter time, or a longer step.");
        // Rows are of whole points; the last one of all is not over.
        var last = step.StartOf(to.AddTicks(-1));
        return new(step.StartOf(from), now - last < step.Length() ? now : last + step.Length(), step);
    }

    /// <summary>Reads a company's figures of that time.</summary>
    internal async Task<MetricsResponse> ReadAsync(
        ReadDb db, Guid company, EndpointNames names, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var range = RangeAt(now);
        var series = await db.ReadSeriesAsync(company, range.Step, range.From, range.To, cancellationToken);
        return MetricsAnswer.From(range, series, await CountActiveAsync(db, company, now, cancellationToken), names);
    }

    /// <summary>Counts the people who made requests, of a company or of all.</summary>
    internal static Task<ActiveUsers> CountActiveAsync(ReadDb db, Guid company, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (minutes, day, month) = (now.AddMinutes(-15), now.AddHours(-24), now.AddDays(-30));
        // A company's are found by the primary key; those of all have to be read all the same.
        var users = company == RequestMetrics.Everybody
            ? db.Database.SqlQuery<ActiveUsers>($"""
                select count(*) filter (where last_seen_at > {minutes}) as "Last15Minutes",
                    count(*) filter (where last_seen_at > {day}) as "Last24Hours", count(*) as "Last30Days"
                from user_activity where last_seen_at > {month}
                """)
            : db.Database.SqlQuery<ActiveUsers>($"""
                select count(*) filter (where last_seen_at > {minutes}) as "Last15Minutes",
                    count(*) filter (where last_seen_at > {day}) as "Last24Hours", count(*) as "Last30Days"
                from user_activity where company_id = {company} and last_seen_at > {month}
                """);
        return users.SingleAsync(cancellationToken);
    }
}

/// <summary>A time, whole points from its beginning.</summary>
internal sealed record MetricsRange(DateTimeOffset From, DateTimeOffset To, MetricStep Step);
