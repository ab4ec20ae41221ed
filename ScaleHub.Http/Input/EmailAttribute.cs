using System.Buffers;
using System.ComponentModel.DataAnnotations;

namespace ScaleHub.Http.Input;

/// <summary>
/// An e-mail address, on a string or an <see cref="Optional{T}"/> of one: 3 to 254 characters, with one <c>@</c> that is neither
/// first nor last. Nothing in it is invisible: a blank or a format character that was pasted along would make a different address
/// that looks the same. Nor does it contain a character that separates addresses in a mail (RFC 5322, 3.2.3, "specials", except
/// the dot): nobody gets mail at such an address.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class EmailAttribute : ValidationAttribute
{
    /// <summary>Most characters (RFC 5321, 4.5.3.1.3, less the brackets).</summary>
    public const int MaxLength = 254;

    private static readonly SearchValues<char> Specials = SearchValues.Create("()<>[]:;,\\\"");

    /// <inheritdoc/>
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext)
        => (value is IOptional optional ? optional.Value : value) is string text
            && Fault(text, validationContext.DisplayName) is { } fault
            ? new(fault, [validationContext.MemberName!])
            : ValidationResult.Success;

    private static string? Fault(string text, string name)
    {
        if (text.EnumerateRunes().Any(TextAttribute.IsInvisible)) return $"The field {name} has blanks or invisible characters.";
        text = text.Normalize();
        if (text.EnumerateRunes().Count() is < 3 or > MaxLength)
            return $"The field {name} must have 3 to {MaxLength} characters.";
        return text.Count(c => c == '@') == 1 && text[0] != '@' && text[^1] != '@' && !text.AsSpan().ContainsAny(Specials)
            ? null
            : $"The field {name} is not an e-mail address.";
    }
}
