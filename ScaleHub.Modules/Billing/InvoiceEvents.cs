using ScaleHub.Core.Platform.Events;

namespace ScaleHub.Modules.Billing;

/// <summary>What a company can hear of its invoices.</summary>
internal static class InvoiceEvents
{
    private static readonly DateTimeOffset At = new(2027, 3, 1, 1, 0, 0, TimeSpan.Zero);

    private static readonly InvoiceSummary Example = new(
        Guid.Parse("01a217e1-0704-759f-b784-0d15b44e9020"), 7, 202702, InvoiceState.Open, 5_400, 0, "EUR", At.AddDays(14), null, At);

    public static readonly EventType<InvoiceSummary> Created = new("invoice.created", "There is a new invoice.", Example);

    public static readonly EventType<InvoiceSummary> Paid = new("invoice.paid", "Nothing of an invoice is left to be paid.",
        Example with { Status = InvoiceState.Paid, PaidAt = At.AddMinutes(1) });
}
