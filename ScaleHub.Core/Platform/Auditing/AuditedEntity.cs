using System.Reflection;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Platform.Auditing;

/// <summary>
/// What the audit log says of an entity type, read once from its mapping: its name, its subject, and its members with their names in
/// JSON.
/// <para>Every entity that has a table is audited unless it is marked <see cref="NotAuditedAttribute"/>, and so is every member, but
/// for the key, <c>CreatedAt</c> and <c>UpdatedAt</c>, which the entry tells itself. A member is a secret when it is marked
/// <see cref="SecretAttribute"/>, and as long as nobody says anything about it when it is bytes, or is named for a hash, secret, token,
/// password or seed.</para>
/// </summary>
internal sealed class AuditedEntity
{
    private const string Annotation = "ScaleHub:Audited";
    private static readonly string[] NotTold = ["CompanyId", "CreatedAt", "UpdatedAt"];
    private static readonly string[] SecretWords = ["Hash", "Secret", "Token", "Password", "Seed"];

    private readonly string _name;
    private readonly IProperty? _subject;
    private readonly Member[] _members;

    private AuditedEntity(IEntityType type)
    {
        _name = type.ClrType.GetCustomAttribute<AuditedAsAttribute>()?.Name
            ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(type.ClrType.Name);
        var key = type.FindPrimaryKey()!.Properties;
        // Of a part with a key of several, as a line of an order, what it is a part of.
        _subject = type.FindProperty("Id") ?? key.FirstOrDefault(p => p.Name != "CompanyId");
        if (_subject?.ClrType != typeof(Guid)) _subject = null;
        _members =
        [
            .. type.GetProperties().Where(p => p != _subject && !NotTold.Contains(p.Name) && !IsLeftOut(p))
                .Select(p => new Member(p, JsonNamingPolicy.CamelCase.ConvertName(p.Name), IsSecret(p))),
        ];
    }

    /// <summary>What is said of a type; null when nothing is.</summary>
    public static AuditedEntity? Of(IEntityType type)
        => type.GetOrAddRuntimeAnnotationValue<AuditedEntity?, IEntityType>(
            Annotation, static t => t!.GetTableName() is null || t!.FindPrimaryKey() is null || IsLeftOut(t!) ? null : new(t!), type);

    /// <summary>Whether the type has a reason not to be audited.</summary>
    public static bool IsLeftOut(IEntityType type) => type.ClrType.GetCustomAttribute<NotAuditedAttribute>() is not null;

    /// <summary>Whether the member has a reason not to be audited.</summary>
    public static bool IsLeftOut(IProperty property) => property.PropertyInfo?.GetCustomAttribute<NotAuditedAttribute>() is not null;

    /// <summary>Whether the log must not say what the member is.</summary>
    public static bool IsSecret(IProperty property)
        => property.PropertyInfo?.GetCustomAttribute<SecretAttribute>() is not null || LooksSecret(property);

    /// <summary>Whether it is taken for a secret as long as nobody says anything about it.</summary>
    public static bool LooksSecret(IProperty property)
        => property.ClrType == typeof(byte[]) || typeof(IEnumerable<byte[]>).IsAssignableFrom(property.ClrType)
            || SecretWords.Any(word => property.Name.Contains(word, StringComparison.Ordinal));

    /// <summary>What the entry tells of a tracked row; null when nothing is to be told.</summary>
    public (string Action, Guid? SubjectId, Guid? CompanyId, string Detail)? Describe(EntityEntry row, string? action)
    {
        var verb = row.State;
        using var detail = new AuditDetail();
        var (before, after) = (verb is EntityState.Added ? null : row.OriginalValues, verb is EntityState.Deleted ? null : row.CurrentValues);
        foreach (var (property, name, secret) in _members)
        {
            if (verb is EntityState.Modified)
            {
                if (!row.Property(property).IsModified) continue;
                if (secret) detail.Changed(name);
                else detail.Changed(name, before![property], after![property]);
            }
            else if (!secret && (before ?? after)![property] is { } value)
            {
                if (before is null) detail.To(name, value);
                else detail.From(name, value);
            }
        }
        if (verb is EntityState.Modified && detail.IsEmpty && action is null) return null;
        action ??= $"{_name}.{(verb is EntityState.Added ? "created" : verb is EntityState.Deleted ? "deleted" : "updated")}";
        return (action, (Guid?)(_subject is null ? null : (before ?? after)![_subject]), (row.Entity as ITenantEntity)?.CompanyId, detail.End());
    }

    private sealed record Member(IProperty Property, string Name, bool IsSecret);
}
