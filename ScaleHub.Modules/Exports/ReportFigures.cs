using System.Globalization;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Exports;

/// <summary>A figure of a report.</summary>
/// <param name="Name">What is counted.</param>
/// <param name="Value">As it is shown.</param>
public sealed record ReportFigure(string Name, string Value);

/// <summary>What the report of a month says.</summary>
/// <param name="Company">The company's name.</param>
/// <param name="Month">The first day of the month.</param>
/// <param name="Sections">Titles, and the figures below each.</param>
public sealed record Report(string Company, DateOnly Month, IReadOnlyList<(string Title, IReadOnlyList<ReportFigure> Figures)> Sections)
{
    /// <summary>The title of the whole.</summary>
    public string Title => FormattableString.Invariant($"{Company}: report of {Month:MMMM yyyy}");

    /// <summary>
    /// Counts. What was made in the month is found by its identifier, which begins with the time; so each count reads one range of a
    /// primary key.
    /// </summary>
    internal static async Task<Report> OfAsync(ReadDb db, DateOnly month, CancellationToken cancellationToken)
    {
        var rows = await db.Database.SqlQuery<Row>($"""
            with span as (
                select uuid7_floor({month}::timestamp at time zone 'utc') as first,
                       uuid7_floor({month.AddMonths(1)}::timestamp at time zone 'utc') as next)
            select (select name from companies) as "Company",
                   (select count(*) from users where deleted_at is null) as "Users",
                   (select count(*) from tasks, span where id >= first and id < next) as "Tasks",
                   (select count(*) from tasks, span where id >= first and id < next and status = 'done') as "TasksDone",
                   (select count(*) from patients, span where id >= first and id < next) as "Patients",
                   (select count(*) from exams, span where id >= first and id < next) as "Exams",
                   (select count(*) from orders, span where id >= first and id < next) as "Orders",
                   (select count(*) from orders, span where id >= first and id < next and status = 'cancelled') as "OrdersCancelled",
                   array(select sum(total_minor) || ' ' || currency
                         from orders, span where id >= first and id < next and status <> 'cancelled'
                         group by currency order by currency) as "Sales"
            """).ToListAsync(cancellationToken);
        var row = rows.Single();
        return new(row.Company, month,
        [
            ("People", [new("Users at the end", $"{row.Users}")]),
            ("Tasks", [new("New", $"{row.Tasks}"), new("Of these, done", $"{row.TasksDone}")]),
            ("Practice", [new("New patients", $"{row.Patients}"), new("Exams", $"{row.Exams}")]),
            ("Orders",
            [
                new("Placed", $"{row.Orders}"), new("Of these, cancelled", $"{row.OrdersCancelled}"),
                new("Sales", row.Sales is [] ? "none" : string.Join(", ", row.Sales.Select(Amount))),
            ]),
        ]);
    }

    private static string Amount(string sum)
        => sum.Split(' ') is [var minor, var currency] ? Currency.Write(decimal.Parse(minor, CultureInfo.InvariantCulture), currency) : sum;

    private sealed record Row(
        string Company, long Users, long Tasks, long TasksDone, long Patients, long Exams, long Orders, long OrdersCancelled, string[] Sales);
}
