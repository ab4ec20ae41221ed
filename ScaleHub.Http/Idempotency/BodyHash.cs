using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ScaleHub.Core.Platform.Secrets;

namespace ScaleHub.Http.Idempotency;

/// <summary>
/// What tells a request's query and body from another's. Two bodies that are the same JSON are the same, whatever their white
/// space, escapes and order of members.
/// <para>It is kept for a day, and a body may have a password in it: HMAC-SHA256 with a key of this purpose, so that nobody who
/// reads the database can try passwords against it.</para>
/// </summary>
internal static class BodyHash
{
    private const string Purpose = "idempotency-body";

    /// <summary>Reads the body, which must be buffered, from its beginning, and leaves it there.</summary>
    public static async Task<byte[]> OfAsync(HttpContext http)
    {
        var key = http.RequestServices.GetRequiredService<SecretBox>().KeyFor(Purpose);
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData(Encoding.UTF8.GetBytes($"{http.Request.QueryString}\n"));
        var stream = http.Request.Body;
        stream.Position = 0;
        using var body = new MemoryStream();
        await stream.CopyToAsync(body, http.RequestAborted);
        stream.Position = 0;
        hash.AppendData(Canonical(body.GetBuffer().AsMemory(0, (int)body.Length)).Span);
        return hash.GetHashAndReset();
    }

    private static ReadOnlyMemory<byte> Canonical(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            using var canonical = new MemoryStream(body.Length);
            using (var writer = new Utf8JsonWriter(canonical)) Write(writer, document.RootElement);
            return canonical.GetBuffer().AsMemory(0, (int)canonical.Length);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, as the body of a request that needs none, or half a surrogate pair in it: as it was sent.
            return body;
        }
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Write(writer, item);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(value.GetString());
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
