using System.Security.Cryptography;
using System.Text;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// What PostgreSQL stores of a password (<c>SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey</c>, PostgreSQL documentation 53.8,
/// RFC 5803 and RFC 7677). Sending it instead of the password keeps the password out of the server's logs.
/// </summary>
internal static class ScramVerifier
{
    private const int Iterations = 4096;

    /// <summary>For a password of printable ASCII, which SASLprep leaves as it is.</summary>
    public static string Create(string password)
    {
        if (password.Any(c => c is < ' ' or > '~'))
            throw new FormatException("The database password may only have printable ASCII characters.");
        var salt = RandomNumberGenerator.GetBytes(16);
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA256, 32);
        var storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        return new StringBuilder("SCRAM-SHA-256$").Append(Iterations).Append(':').Append(Convert.ToBase64String(salt)).Append('$')
            .Append(Convert.ToBase64String(storedKey)).Append(':').Append(Convert.ToBase64String(serverKey)).ToString();
    }
}
