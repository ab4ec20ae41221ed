namespace ScaleHub.Core.Platform.Tenancy;

/// <summary>
/// What a user may do. An owner may do what an admin may, an admin what a member may; an operator has no part in companies.
/// </summary>
public static class Roles
{
    /// <summary>Runs the platform; a user of the company <see cref="Guid.AllBitsSet"/>.</summary>
    public const string Operator = "operator";

    /// <summary>Everything; a company has at least one.</summary>
    public const string Owner = "owner";

    /// <summary>Everything but what concerns ownership.</summary>
    public const string Admin = "admin";

    /// <summary>The daily work.</summary>
    public const string Member = "member";

    /// <summary>
    /// Whether somebody with the role <paramref name="actor"/> may give, change or end the role <paramref name="role"/>.
    /// </summary>
    public static bool MayGive(string actor, string role) => actor == Owner || (actor == Admin && role != Owner);
}
