using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;

namespace ScaleHub.Http.Input;

/// <summary>
/// Text for people, on a string or an <see cref="Optional{T}"/> of one.
/// <para>Lengths count Unicode code points, as PostgreSQL's <c>char_length</c> does: most emoji are one. In bytes of UTF-8 the
/// bound is four times that.</para>
/// <para>No control characters but tab and line breaks: PostgreSQL's text cannot hold U+0000, and the others only serve to
/// deceive a reader. Text with a least length shows something: blanks and what is invisible alone are no name.</para>
/// </summary>
/// <param name="max">Most code points.</param>
/// <param name="min">Fewest code points; 0 by default.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class TextAttribute(int max, int min = 0) : ValidationAttribute
{
    // Letters by their category, with nothing to see: fillers of Hangul, and the empty cell of Braille.
    private const string Empty = "\u115F\u1160\u2800\u3164\uFFA0";

    /// <summary>Most code points.</summary>
    public int Max => max;

    /// <summary>Fewest code points.</summary>
    public int Min => min;

    /// <inheritdoc/>
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext)
    {
        var name = validationContext.DisplayName;
        return (value is IOptional optional ? optional.Value : value) is string text && Fault(text, name) is { } fault
            ? new(fault, [validationContext.MemberName ?? name])
            : ValidationResult.Success;
    }

    /// <summary>Whether somebody who reads the text sees anything.</summary>
    public static bool ShowsSomething(string text) => text.EnumerateRunes().Any(r => !IsInvisible(r));

    /// <summary>White space, control and format characters (Unicode categories Z*, Cc, Cf), and what is not a
    /// character.</summary>
    internal static bool IsInvisible(Rune rune)
        => Rune.IsWhiteSpace(rune) || (rune.IsBmp && Empty.Contains((char)rune.Value, StringComparison.Ordinal))
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.SpaceSeparator
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned;

    private string? Fault(string text, string name)
    {
        if (text.Any(c => char.IsControl(c) && c is not ('\t' or '\r' or '\n')))
            return $"The field {name} has control characters.";
        var length = text.EnumerateRunes().Count();
        if (length < min || length > max)
            return $"The field {name} must have {(min > 0 ? $"{min} to" : "at most")} {max} characters.";
        return min > 0 && !ShowsSomething(text) ? $"The field {name} has nothing to see in it." : null;
    }
}

/// <summary>A member of a PATCH body that cannot be cleared: it may be absent, but not null.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class NotClearedAttribute() : ValidationAttribute("The field {0} cannot be null.")
{
    /// <inheritdoc/>
    public override bool IsValid(object? value) => value is not IOptional { IsGiven: true, Value: null };
}

/// <summary>A member of a PATCH body that lies between two values, both included, when it is given and not null.</summary>
/// <param name="type">Of the values.</param>
/// <param name="minimum">The least, as text of the invariant culture.</param>
/// <param name="maximum">The greatest.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class OptionalRangeAttribute(Type type, string minimum, string maximum) : RangeAttribute(type, minimum, maximum)
{
    /// <inheritdoc/>
    public override bool IsValid(object? value) => base.IsValid(value is IOptional optional ? optional.Value : value);
}

/// <summary>A date, or an <see cref="Optional{T}"/> of one, that has begun, at least where it is latest on Earth (UTC+14).</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class NotInFutureAttribute : ValidationAttribute
{
    private static readonly TimeSpan FurthestAhead = TimeSpan.FromHours(14);

    /// <inheritdoc/>
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext)
    {
        var now = ((TimeProvider?)validationContext.GetService(typeof(TimeProvider)) ?? TimeProvider.System).GetUtcNow();
        return (value is IOptional optional ? optional.Value : value) is DateOnly date && date > DateOnly.FromDateTime(now.UtcDateTime + FurthestAhead)
            ? new($"The field {validationContext.DisplayName} is in the future.", [validationContext.MemberName!])
            : ValidationResult.Success;
    }
}
