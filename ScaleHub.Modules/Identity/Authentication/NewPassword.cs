using System.ComponentModel.DataAnnotations;
using System.Text;

namespace ScaleHub.Modules.Identity.Authentication;

/// <summary>
/// What a password may be (NIST SP 800-63B-4, 3.1.1.2): 8 to 128 code points of any kind, none of those that are guessed first,
/// and not the name of what it opens. No rules of composition.
/// </summary>
internal static class NewPassword
{
    public const int MinLength = 8, MaxLength = 128;

    /// <summary>
    /// The form that is measured, hashed and verified: NFKC, so that the same keys on another device are the same password.
    /// </summary>
    public static string Normalize(string password)
        // The one BMP code point that string.Normalize throws for.
        => password.Contains('\uFFFE', StringComparison.Ordinal) ? password : password.Normalize(NormalizationForm.FormKC);

    /// <summary>The validation errors of a password, reported for the given property; none when the password is good.</summary>
    /// <param name="password">As it was sent.</param>
    /// <param name="member">The name of the property that holds the password.</param>
    /// <param name="email">The user's address: neither it nor the part before the @ may be the password.</param>
    /// <param name="company">The company's name, which may not be the password either.</param>
    public static IEnumerable<ValidationResult> Check(string password, string member, string email, string? company = null)
    {
        var normal = Normalize(password);
        var length = normal.EnumerateRunes().Count();
        if (length is < MinLength or > MaxLength)
            yield return new($"The field {member} must have {MinLength} to {MaxLength} characters.", [member]);
        else if (IsGuessed(normal))
            yield return new($"The field {member} is among the passwords that are guessed first. Choose another.", [member]);
        else if (Same(normal, email) || Same(normal, email.Split('@')[0]) || (company is not null && Same(normal, company)))
            yield return new($"The field {member} is the name of the company or the user. Choose another.", [member]);
    }

    private static bool Same(string password, string name)
        => string.Equals(password.Trim(), Normalize(name).Trim(), StringComparison.OrdinalIgnoreCase);

    private static bool IsGuessed(string password)
    {
        var lower = password.ToLowerInvariant();
        if (CommonPasswords.All.Contains(lower)) return true;
        // One character again and again, or the characters of a code table in a row: aaaaaaaa, 23456789, hgfedcba.
        return Enumerable.Range(-1, 3).Any(step => lower.Zip(lower.Skip(1)).All(pair => pair.Second - pair.First == step));
    }
}
