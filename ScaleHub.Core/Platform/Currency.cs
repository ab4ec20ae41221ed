using System.Globalization;

namespace ScaleHub.Core.Platform;

/// <summary>Amounts in minor units, for people.</summary>
public static class Currency
{
    // ISO 4217, list one: all others have two.
    private static readonly HashSet<string> None =
        ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"];

    private static readonly HashSet<string> Three = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

    /// <summary>As <c>1234.50 EUR</c>: with the digits after the point that the currency has, and no separators.</summary>
    /// <param name="minor">The amount in the currency's minor unit.</param>
    /// <param name="code">ISO 4217.</param>
    public static string Write(decimal minor, string code)
    {
        var digits = None.Contains(code) ? 0 : Three.Contains(code) ? 3 : 2;
        var divisor = digits switch { 0 => 1m, 3 => 1000m, _ => 100m };
        return (minor / divisor).ToString($"F{digits}", CultureInfo.InvariantCulture) + $" {code}";
    }
}
