using System.Linq.Expressions;

namespace ScaleHub.Modules.Addresses;

/// <summary>A virtual address as clients see it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="UserId">Whose it is.</param>
/// <param name="Mailbox">What senders write: <c>7KQ2-9XMD-4TBV</c>.</param>
/// <param name="Name">Whom the mail is for.</param>
/// <param name="Line1">Street and number.</param>
/// <param name="Line2">More of it.</param>
/// <param name="City">City.</param>
/// <param name="PostalCode">Postal code.</param>
/// <param name="Country">ISO 3166-1 alpha-2.</param>
/// <param name="Status">Whether mail is received.</param>
/// <param name="CreatedAt">When it began.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
public sealed record AddressResponse(
    Guid Id, Guid UserId, string Mailbox, string Name, string Line1, string? Line2, string City, string PostalCode,
    string Country,
    AddressState Status, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    internal static readonly Expression<Func<VirtualAddress, AddressResponse>> Projection = a => new(
        a.Id, a.UserId, a.Mailbox, a.Name, a.Line1, a.Line2, a.City, a.PostalCode, a.Country, a.Status, a.CreatedAt, a.UpdatedAt);

    internal static readonly Func<VirtualAddress, AddressResponse> From = Projection.Compile();
}

/// <summary>A mail item as clients see it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="AddressId">Where it came to.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Sender">Who sent it.</param>
/// <param name="WeightGrams">What it weighs.</param>
/// <param name="Status">What became of it.</param>
/// <param name="CreatedAt">When it came.</param>
/// <param name="UpdatedAt">When something last became of it.</param>
public sealed record MailItemResponse(
    Guid Id, Guid AddressId, MailKind Kind, string? Sender, int? WeightGrams, MailState Status, DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    internal static readonly Expression<Func<MailItem, MailItemResponse>> Projection = m => new(
        m.Id, m.AddressId, m.Kind, m.Sender, m.WeightGrams, m.Status, m.CreatedAt, m.UpdatedAt);

    internal static readonly Func<MailItem, MailItemResponse> From = Projection.Compile();
}

/// <summary>A forwarding as clients see it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="MailItemId">What is sent on.</param>
/// <param name="UserId">The address's owner.</param>
/// <param name="Recipient">To whom.</param>
/// <param name="Line1">Street and number.</param>
/// <param name="Line2">More of it.</param>
/// <param name="City">City.</param>
/// <param name="PostalCode">Postal code.</param>
/// <param name="Country">ISO 3166-1 alpha-2.</param>
/// <param name="Status">How far it is.</param>
/// <param name="TrackingCode">The carrier's, once it is shipped.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="UpdatedAt">When it last moved on.</param>
public sealed record ForwardingResponse(
    Guid Id, Guid MailItemId, Guid UserId, string Recipient, string Line1, string? Line2, string City, string PostalCode,
    string Country,
    ForwardingState Status, string? TrackingCode, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    internal static readonly Expression<Func<Forwarding, ForwardingResponse>> Projection = f => new(
        f.Id, f.MailItemId, f.UserId, f.Recipient, f.Line1, f.Line2, f.City, f.PostalCode, f.Country, f.Status, f.TrackingCode,
        f.CreatedAt, f.UpdatedAt);

    internal static readonly Func<Forwarding, ForwardingResponse> From = Projection.Compile();
}
