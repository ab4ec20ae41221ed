using ScaleHub.Core.Platform.Events;

namespace ScaleHub.Modules.Practice;

/// <summary>What a company can hear of its orders.</summary>
internal static class OrderEvents
{
    private static readonly DateTimeOffset At = new(2027, 3, 1, 10, 0, 0, TimeSpan.Zero);

    private static readonly OrderResponse Example = new(
        Guid.Parse("01a217e1-0704-759f-b784-0d15b44e9010"), Guid.Parse("01a217e1-0704-759f-b784-0d15b44e9011"), OrderState.Placed,
        [new(1, Guid.Parse("01a217e1-0704-759f-b784-0d15b44e9012"), 2, 12_900)], 25_800, "EUR", null,
        Guid.Parse("01a217e1-0704-759f-b784-0d15b44e9001"), At, At);

    public static readonly EventType<OrderResponse> Placed = new("order.placed", "A patient ordered.", Example);

    public static readonly EventType<OrderResponse> Cancelled = new("order.cancelled", "An order was called off.",
        Example with { Status = OrderState.Cancelled, UpdatedAt = At.AddHours(1) });
}
