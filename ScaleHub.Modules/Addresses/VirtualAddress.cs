using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Identity;

namespace ScaleHub.Modules.Addresses;

/// <summary>A postal address at which the company's mail room receives mail for a user.</summary>
public sealed class VirtualAddress : ITenantEntity
{
    /// <summary>Addresses that are not closed.</summary>
    public static readonly Quota Quota = new("addresses", Monthly: false);

    // Crockford's Base32: no letter that looks like a digit, as the code is written by hand.
    private const string MailboxAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7: sorts by time of creation.</summary>
    public required Guid Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required Guid UserId { get; init; }

    /// <summary>What senders write, and what the mail room finds the owner by; see <see cref="NewMailbox"/>.</summary>
    public required string Mailbox { get; init; }

    /// <summary>Whom the mail is for, 1 to 200 characters.</summary>
    public required string Name { get; set; }

    /// <summary>Street and number, 1 to 200 characters.</summary>
    public required string Line1 { get; init; }

    /// <summary>1 to 200 characters.</summary>
    public string? Line2 { get; init; }

    /// <summary>1 to 100 characters.</summary>
    public required string City { get; init; }

    /// <summary>1 to 20 characters.</summary>
    public required string PostalCode { get; init; }

    /// <summary>ISO 3166-1 alpha-2, in capitals.</summary>
    public required string Country { get; init; }

    /// <summary>Whether mail is received.</summary>
    public AddressState Status { get; set; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; set; }

    /// <summary>
    /// A new code, as <c>7KQ2-9XMD-4TBV</c>: 60 random bits, so that nobody gets another's mail by a slip of the pen, or finds a
    /// mailbox by trying.
    /// </summary>
    public static string NewMailbox()
        => string.Join('-', Enumerable.Range(0, 3).Select(_ => RandomNumberGenerator.GetString(MailboxAlphabet, 4)));
}

/// <summary>Whether an address receives mail.</summary>
public enum AddressState
{
    /// <summary>Mail is received.</summary>
    Active,

    /// <summary>No more is; what came before can still be read and forwarded.</summary>
    Closed,
}

internal sealed class VirtualAddressMapping : IEntityTypeConfiguration<VirtualAddress>
{
    public void Configure(EntityTypeBuilder<VirtualAddress> builder)
    {
        builder.ToTable("virtual_addresses").HasKey(a => new { a.CompanyId, a.Id });
        builder.HasOne<User>().WithMany().HasForeignKey(a => new { a.CompanyId, a.UserId });
    }
}
