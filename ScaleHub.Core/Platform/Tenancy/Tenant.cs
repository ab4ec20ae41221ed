namespace ScaleHub.Core.Platform.Tenancy;

/// <summary>
/// Whose data the current unit of work (a request, a job) may touch. Scoped. Every statement that a <c>DbContext</c> of this
/// scope sends is confined to <see cref="CompanyId"/> by a query filter and by row-level security; without a company,
/// tenant tables are empty.
/// </summary>
public sealed class Tenant
{
    /// <summary>
    /// The platform itself, as a company: the greatest identifier (RFC 9562, 5.10). What it may see and change of others, the
    /// policies named <c>platform</c> say.
    /// </summary>
    public static readonly Guid Platform = Guid.AllBitsSet;

    /// <summary>The company, or null before anybody is known.</summary>
    public Guid? CompanyId { get; private set; }

    /// <summary>The acting user, or null for a job.</summary>
    public Guid? UserId { get; private set; }

    /// <summary>The API key that acts in the name of the user; null for a person.</summary>
    public Guid? ApiKeyId { get; private set; }

    /// <summary>It is the platform that acts for the company; the user, if there is one, is an operator.</summary>
    public bool ByPlatform { get; internal set; }

    /// <summary>Lets the rest of the scope act for a company and a user, or for a user's API key.</summary>
    /// <exception cref="InvalidOperationException">The scope already belongs to another company.</exception>
    public void ActAs(Guid companyId, Guid? userId, Guid? apiKeyId = null)
    {
        if (CompanyId is { } current && current != companyId)
            throw new InvalidOperationException("A scope serves one company; open a new scope for another.");
        CompanyId = companyId;
        UserId = userId;
        ApiKeyId = apiKeyId;
    }

    /// <summary>The company, where code can only run for one.</summary>
    public Guid RequiredCompanyId => CompanyId ?? throw new InvalidOperationException("No company in this scope.");

    /// <summary>The user, where code can only run for one.</summary>
    public Guid RequiredUserId => UserId ?? throw new InvalidOperationException("No user in this scope.");
}

/// <summary>An entity that belongs to a company: the query filter and the architecture tests find it by this interface.</summary>
public interface ITenantEntity
{
    /// <summary>The company that owns the row.</summary>
    Guid CompanyId { get; }
}
