using System.Net;
using System.Security.Cryptography;
using System.Text.Json;

namespace ScaleHub.Testing;

/// <summary>What tests of things with files need to have in place.</summary>
public static class FilesSupport
{
    /// <summary>Uploads a PDF of random content; returns its id.</summary>
    public static async Task<Guid> UploadAsync(this HttpClient client, string name = "scan.pdf")
    {
        using var part = new ByteArrayContent([.. "%PDF-1.7\n"u8, .. RandomNumberGenerator.GetBytes(1000)]);
        using var form = new MultipartFormDataContent { { part, "file", name } };
        return PracticeSupport.Id(await (await client.PostAsync("/api/v1/files", form)).JsonAsync(HttpStatusCode.Created));
    }

    /// <summary>The answer to a file's link, asked without a token.</summary>
    public static Task<HttpResponseMessage> DownloadAsync(this ApiFixture api, JsonElement file)
        => api.Client.GetAsync(file.GetProperty("link").GetProperty("url").GetString());
}
