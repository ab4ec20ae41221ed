namespace ScaleHub.Core.Platform.Auditing;

/// <summary>
/// Leaves an entity, or a member of one, out of the audit log. A change of such members alone makes no entry.
/// </summary>
/// <param name="reason">Why, in a sentence.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Property)]
public sealed class NotAuditedAttribute(string reason) : Attribute
{
    /// <summary>Why.</summary>
    public string Reason => reason;
}

/// <summary>
/// A member whose value must not be read by anybody, as the hash of a password: the audit log says that it changed, never from what
/// to what.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretAttribute : Attribute;

/// <summary>The name of an entity in the actions of the audit log, where it is not the name of its class in snake_case.</summary>
/// <param name="name">In snake_case: <c>task</c> makes <c>task.created</c>.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class AuditedAsAttribute(string name) : Attribute
{
    /// <summary>In snake_case.</summary>
    public string Name => name;
}
