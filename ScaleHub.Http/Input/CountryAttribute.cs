using System.ComponentModel.DataAnnotations;

namespace ScaleHub.Http.Input;

/// <summary>A country: the two capitals of ISO 3166-1 alpha-2. Which of them are countries today is not checked.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class CountryAttribute : RegularExpressionAttribute
{
    /// <summary>Two capitals.</summary>
    public CountryAttribute() : base("[A-Z]{2}") => ErrorMessage = "Use the two capitals of ISO 3166-1.";
}
