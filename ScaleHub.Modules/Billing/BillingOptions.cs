namespace ScaleHub.Modules.Billing;

/// <summary>Section <c>Billing</c>.</summary>
public sealed class BillingOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Billing";

    /// <summary>
    /// Whether payments are simulated: nobody is charged, and whoever knows the card <c>card-succeeds</c> gets any plan. By default they are,
    /// but not in the environment Production, where every payment fails until a program registers an <c>IPaymentGateway</c>.
    /// </summary>
    public bool? SimulatePayments { get; set; }
}
