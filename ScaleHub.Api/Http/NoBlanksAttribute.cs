using System.ComponentModel.DataAnnotations;

namespace ScaleHub.Api.Http;

/// <summary>
/// Neither white space nor control characters: pasted along with an e-mail address, they make another one, which looks the same and
/// nobody can sign in with.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class NoBlanksAttribute() : ValidationAttribute("The field {0} has blanks or control characters.")
{
    /// <inheritdoc/>
    public override bool IsValid(object? value)
        => value is not string text || !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));
}
