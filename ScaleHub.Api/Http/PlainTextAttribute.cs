using System.ComponentModel.DataAnnotations;

namespace ScaleHub.Api.Http;

/// <summary>
/// No control characters but tab and line breaks: PostgreSQL's text cannot hold U+0000, and the others only serve to deceive a reader.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class PlainTextAttribute() : ValidationAttribute("The field {0} has control characters.")
{
    /// <inheritdoc/>
    public override bool IsValid(object? value) => value is not string text || !text.Any(c => char.IsControl(c) && c is not ('\t' or '\r' or '\n'));
}
