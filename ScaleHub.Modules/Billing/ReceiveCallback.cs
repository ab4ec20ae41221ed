using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Modules.Billing.Gateways;

namespace ScaleHub.Modules.Billing;

/// <summary><c>POST /api/payments/callback</c>: what the payment provider tells, which signs it.</summary>
public static class ReceiveCallback
{
    private const int MostBytes = 16 * 1024;

    /// <summary>Takes a call-back. 204 once it is written; anything else, and the provider sends it again.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        HttpRequest request, CallbackReceiver receiver, CancellationToken cancellationToken)
    {
        // One byte more than may be tells that there is more.
        var buffer = new byte[MostBytes + 1];
        var length = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        if (length > MostBytes)
            return TypedResults.Problem($"A call-back has {MostBytes} bytes at most.",
                statusCode: StatusCodes.Status413PayloadTooLarge);
        var signature = request.Headers[PaymentSignature.Header] is [{ } only] ? only : null;
        return await receiver.ReceiveAsync(buffer.AsMemory(0, length), signature, cancellationToken) switch
        {
            CallbackOutcome.Applied => TypedResults.NoContent(),
            CallbackOutcome.NotGenuine => TypedResults.Problem(
                $"The header {PaymentSignature.Header} is not the provider's signature of this body, or not a recent one.",
                statusCode: StatusCodes.Status400BadRequest),
            CallbackOutcome.NoSuchPayment => TypedResults.Problem("There is no such payment.",
                statusCode: StatusCodes.Status404NotFound),
            _ => TypedResults.Problem("The payment has another amount, or has already ended with another outcome.",
                statusCode: StatusCodes.Status409Conflict),
        };
    }
}
