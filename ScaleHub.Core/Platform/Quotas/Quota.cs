using System.Buffers.Binary;
using System.Globalization;

namespace ScaleHub.Core.Platform.Quotas;

/// <summary>
/// Something that a plan limits the number of. The entity that is counted has it as a static field; a migration adds it to
/// <c>quotas</c> and <c>plan_quotas</c>, with a function that counts (docs/quotas.md). A test compares the two.
/// </summary>
/// <param name="Resource">As in <c>quotas</c>.</param>
/// <param name="Monthly">Counted by calendar month (UTC) instead of as it stands.</param>
public sealed record Quota(string Resource, bool Monthly)
{
    /// <summary>The month that a row counts in, <c>yyyymm</c>, by the time in its UUIDv7; 0 where months do not matter.</summary>
    internal int Period(Guid id)
    {
        if (!Monthly) return 0;
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return Month(DateTimeOffset.FromUnixTimeMilliseconds((long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16)));
    }

    /// <summary>When the count of a row's month starts again; null where months do not matter.</summary>
    internal DateTimeOffset? ResetsAt(Guid id)
        => Period(id) is > 0 and var month ? new DateTimeOffset(month / 100, month % 100, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(1) : null;

    /// <summary>A moment's month in UTC, as <c>yyyymm</c>.</summary>
    internal static int Month(DateTimeOffset at) => at.UtcDateTime.Year * 100 + at.UtcDateTime.Month;
}

/// <summary>The plan allows no more: 403.</summary>
public sealed class QuotaExceededException(
    string resource, string plan, long limit, long used, string? upgradeTo, DateTimeOffset? resetsAt)
    : Exception(Describe(resource, plan, limit, upgradeTo, resetsAt))
{
    private static string Describe(string resource, string plan, long limit, string? upgradeTo, DateTimeOffset? resetsAt)
        => string.Create(CultureInfo.InvariantCulture, $"The plan {plan} allows {limit:N0} {resource}")
            + (resetsAt is null ? "" : " in a calendar month (UTC)")
            + (upgradeTo is null ? "." : $"; {upgradeTo} allows more.")
            + (resetsAt is { } at ? string.Create(CultureInfo.InvariantCulture, $" The count starts again on {at:d MMMM yyyy}.") : "");

    /// <summary>What there can be no more of.</summary>
    public string Resource => resource;

    /// <summary>When a monthly count starts again; null where the count is of what there is.</summary>
    public DateTimeOffset? ResetsAt => resetsAt;

    /// <summary>The company's plan.</summary>
    public string Plan => plan;

    /// <summary>Most that the plan allows.</summary>
    public long Limit => limit;

    /// <summary>How many there are, without the refused one.</summary>
    public long Used => used;

    /// <summary>The smallest plan that would allow one more; null when none does.</summary>
    public string? UpgradeTo => upgradeTo;
}
