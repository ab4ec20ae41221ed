using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Platform.Auditing;

/// <summary>A member that an explicit entry names.</summary>
/// <param name="Member">Its name in JSON.</param>
/// <param name="From">What it was; null: it was nothing.</param>
/// <param name="To">What it is; null: it is nothing.</param>
public readonly record struct AuditChange(string Member, object? From, object? To);

/// <summary>
/// Writes the audit log, table <c>audit_log</c>: who changed what, from what to what.
/// <para>Guarantee: what <c>SaveChanges</c> writes and its entries are committed together or not at all. Every entity is covered unless
/// it says why not (<see cref="NotAuditedAttribute"/>), and no entry holds a secret (<see cref="SecretAttribute"/>). If the log cannot
/// be written, neither can the change. The entries are part of the same batch: they cost no round trip.</para>
/// <para>A statement that goes past the change tracker is not seen: it runs through <see cref="ExecuteAsync"/>, or says
/// "Not audited:" and why; a test goes through the sources. Entries hold the first 1,000 characters of a text and at most 16 KiB of
/// changes (<see cref="AuditDetail"/>).</para>
/// </summary>
public sealed class AuditTrail
{
    private readonly ScaleHubDb _db;
    private readonly TimeProvider _time;
    private Dictionary<object, string>? _names;

    internal AuditTrail(ScaleHubDb db, TimeProvider time) => (_db, _time) = (db, time);

    private Tenant Tenant => _db.Tenant;

    private AuditActor Actor => Tenant.CompanyId == Tenant.Platform || Tenant.ByPlatform ? AuditActor.Platform
        : Tenant.ApiKeyId is not null ? AuditActor.ApiKey
        : Tenant.UserId is not null ? AuditActor.User : AuditActor.System;

    /// <summary>
    /// Adds an entry of its own with the next <c>SaveChanges</c>, for what is no change of an entity: that somebody signed in.
    /// </summary>
    /// <param name="action">Two words in snake_case, with a dot between: <c>user.signed_in</c>.</param>
    /// <param name="subjectId">What it happened to.</param>
    /// <param name="changes">No secrets. Members that are null on both sides are left out.</param>
    public void Add(string action, Guid? subjectId, params ReadOnlySpan<AuditChange> changes)
    {
        using var detail = new AuditDetail();
        foreach (var (member, from, to) in changes)
        {
            if (from is not null) detail.Changed(member, from, to);
            else if (to is not null) detail.To(member, to);
        }
        _db.Set<AuditEntry>().Add(New(action, subjectId, null, detail.End()));
    }

    /// <summary>Gives the entry that the next <c>SaveChanges</c> makes of an entity an action of its own: <c>user.removed</c>.</summary>
    public void As(object entity, string action) => (_names ??= new(ReferenceEqualityComparer.Instance))[entity] = action;

    /// <summary>
    /// Runs a statement that changes rows, and adds an entry for each of them in the same statement: both happen or neither does.
    /// </summary>
    /// <param name="action">The action of every entry.</param>
    /// <param name="change">
    /// An insert, update or delete with <c>returning … as subject_id, … as detail</c>; the detail as <see cref="AuditEntry.Detail"/>, within
    /// its bounds and without secrets, or <c>'{}'::jsonb</c>.
    /// </param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>How many rows changed.</returns>
    public Task<int> ExecuteAsync(string action, FormattableString change, CancellationToken cancellationToken)
    {
        var entry = New(action, null, null, "{}");
        object?[] values =
        [
            .. change.GetArguments(), entry.CompanyId, entry.CreatedAt, EnumNames.WriteColumn(entry.Actor), entry.UserId, entry.ApiKeyId,
            entry.Kind, entry.Action, entry.TraceId,
        ];
        var n = change.ArgumentCount;
        return _db.Database.ExecuteSqlAsync(FormattableStringFactory.Create($$"""
            with change as ({{change.Format}})
            insert into audit_log (company_id, id, created_at, actor, user_id, api_key_id, kind, action, trace_id, subject_id, detail)
            select {{{n}}}, uuid7_at({{{n + 1}}}), {{{n + 1}}}, {{{n + 2}}}, {{{n + 3}}}::uuid, {{{n + 4}}}::uuid, {{{n + 5}}}, {{{n + 6}}},
                {{{n + 7}}}::text, subject_id, detail
            from change
            """, values), cancellationToken);
    }

    /// <summary>
    /// Adds at once an entry that anybody can cause, at most one for a subject and window of time, however often it happens and on
    /// however many instances: nobody can fill the log. The entry's identifier has the beginning of the window as its time; its
    /// <c>created_at</c> is the first occurrence.
    /// <para>It runs for a company that does not exist, too, and then adds nothing, at the same cost: the time tells nobody whether
    /// there is one. No disk is waited for, so a crash may lose it.</para>
    /// </summary>
    public Task AddOnceAsync(string action, Guid subjectId, TimeSpan window, CancellationToken cancellationToken)
    {
        var entry = New(action, subjectId, null, "{}");
        var begin = new DateTimeOffset(entry.CreatedAt.Ticks - (entry.CreatedAt.Ticks % window.Ticks), TimeSpan.Zero);
        // A UUIDv7 of the beginning, with bits of a hash for its random ones: of several entries the primary key takes one.
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(begin).TryWriteBytes(bytes, bigEndian: true, out _);
        (bytes[6], bytes[7], bytes[8]) = (0x70, 0, 0x80);
        SHA256.HashData(Encoding.UTF8.GetBytes($"{action} {subjectId}")).AsSpan(..7).CopyTo(bytes[9..]);
        var id = new Guid(bytes, bigEndian: true);
        return _db.Database.ExecuteSqlAsync($"""
            select set_config('synchronous_commit', 'off', true);
            insert into audit_log (company_id, id, created_at, kind, action, trace_id, subject_id)
            select {entry.CompanyId}, {id}, {entry.CreatedAt}, {entry.Kind}, {entry.Action}, {entry.TraceId}::text, {subjectId}
            where exists (select from companies where id = {entry.CompanyId})
            on conflict do nothing
            """, cancellationToken);
    }

    /// <summary>Adds the entries of what the context is about to save.</summary>
    /// <returns>Those that it added, for the caller to take away afterwards.</returns>
    internal List<AuditEntry> Record()
    {
        List<AuditEntry> entries = [];
        // Looks for changes, too.
        foreach (var row in _db.ChangeTracker.Entries())
        {
            if (row.State is EntityState.Added or EntityState.Modified or EntityState.Deleted
                && AuditedEntity.Of(row.Metadata)?.Describe(row, _names?.GetValueOrDefault(row.Entity)) is { } told)
                entries.Add(New(told.Action, told.SubjectId, told.CompanyId, told.Detail));
        }
        _names = null;
        _db.Set<AuditEntry>().AddRange(entries);
        return entries;
    }

    private AuditEntry New(string action, Guid? subjectId, Guid? companyId, string detail)
    {
        var now = _time.GetDatabaseNow();
        return new()
        {
            // Of a row that belongs to nobody, as the company itself, the company that acts.
            CompanyId = companyId ?? Tenant.RequiredCompanyId,
            Id = OrderedIds.Next(now),
            Actor = Actor,
            UserId = Tenant.UserId,
            ApiKeyId = Tenant.ApiKeyId,
            Kind = action[..action.IndexOf('.', StringComparison.Ordinal)],
            Action = action,
            SubjectId = subjectId,
            Detail = detail,
            TraceId = Activity.Current?.TraceId.ToString(),
            CreatedAt = now,
        };
    }
}
