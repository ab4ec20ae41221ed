using System.Linq.Expressions;
using System.Text.Json;

namespace ScaleHub.Modules.Practice;

/// <summary>A patient as clients see it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="BornOn">Date of birth.</param>
/// <param name="Email">E-mail address.</param>
/// <param name="Phone">Telephone number.</param>
/// <param name="Notes">Free text.</param>
/// <param name="CreatedAt">When the patient was put on file.</param>
/// <param name="UpdatedAt">When the file was last changed.</param>
public sealed record PatientResponse(
    Guid Id, string Name, DateOnly? BornOn, string? Email, string? Phone, string? Notes,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    internal static readonly Expression<Func<Patient, PatientResponse>> Projection =
        p => new(p.Id, p.Name, p.BornOn, p.Email, p.Phone, p.Notes, p.CreatedAt, p.UpdatedAt);

    internal static readonly Func<Patient, PatientResponse> From = Projection.Compile();
}

/// <summary>A product as clients see it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Sku">The practice's own number.</param>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="PriceMinor">Price of one, in minor units.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Stock">How many there are to sell.</param>
/// <param name="CreatedAt">When it was added.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
public sealed record ProductResponse(
    Guid Id, string Sku, string Name, long PriceMinor, string Currency, int Stock,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    internal static readonly Expression<Func<Product, ProductResponse>> Projection =
        p => new(p.Id, p.Sku, p.Name, p.PriceMinor, p.Currency, p.Stock, p.CreatedAt, p.UpdatedAt);

    internal static readonly Func<Product, ProductResponse> From = Projection.Compile();
}

/// <summary>An order in a list.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="PatientId">Who ordered.</param>
/// <param name="Status">How far it is.</param>
/// <param name="TotalMinor">Sum of the lines, in minor units.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Notes">Free text.</param>
/// <param name="CreatedBy">The user who took the order.</param>
/// <param name="CreatedAt">When it was placed.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
public sealed record OrderSummary(
    Guid Id, Guid PatientId, OrderState Status, long TotalMinor, string Currency, string? Notes, Guid CreatedBy,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    internal static readonly Expression<Func<Order, OrderSummary>> Projection =
        o => new(o.Id, o.PatientId, o.Status, o.TotalMinor, o.Currency, o.Notes, o.CreatedBy, o.CreatedAt, o.UpdatedAt);
}

/// <summary>An order as clients see it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="PatientId">Who ordered.</param>
/// <param name="Status">How far it is.</param>
/// <param name="Lines">What was ordered.</param>
/// <param name="TotalMinor">Sum of the lines, in minor units.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Notes">Free text.</param>
/// <param name="CreatedBy">The user who took the order.</param>
/// <param name="CreatedAt">When it was placed.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
public sealed record OrderResponse(
    Guid Id, Guid PatientId, OrderState Status, IReadOnlyList<OrderLineResponse> Lines, long TotalMinor, string Currency,
    string? Notes, Guid CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    internal static OrderResponse From(Order order) => new(order.Id, order.PatientId, order.Status,
        [.. order.Lines.OrderBy(l => l.Line)
            .Select(l => new OrderLineResponse(l.Line, l.ProductId, l.Quantity, l.UnitPriceMinor))],
        order.TotalMinor, order.Currency, order.Notes, order.CreatedBy, order.CreatedAt, order.UpdatedAt);
}

/// <summary>So many of a product.</summary>
/// <param name="Line">From 1.</param>
/// <param name="ProductId">The product.</param>
/// <param name="Quantity">How many.</param>
/// <param name="UnitPriceMinor">Price of one when it was ordered, in minor units.</param>
public sealed record OrderLineResponse(int Line, Guid ProductId, int Quantity, long UnitPriceMinor);

/// <summary>An exam as clients see it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="PatientId">Who was examined.</param>
/// <param name="PerformedBy">The user who examined.</param>
/// <param name="Kind">What was examined.</param>
/// <param name="Findings">Measurements of the kind.</param>
/// <param name="PerformedAt">When it took place.</param>
/// <param name="CreatedAt">When it was recorded.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
public sealed record ExamResponse(
    Guid Id, Guid PatientId, Guid PerformedBy, ExamKind Kind, JsonElement Findings, DateTimeOffset PerformedAt,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    internal static readonly Expression<Func<Exam, ExamResponse>> Projection =
        e => new(e.Id, e.PatientId, e.PerformedBy, e.Kind, e.Findings, e.PerformedAt, e.CreatedAt, e.UpdatedAt);

    internal static readonly Func<Exam, ExamResponse> From = Projection.Compile();
}
