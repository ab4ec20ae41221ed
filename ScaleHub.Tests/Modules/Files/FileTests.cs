using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ScaleHub.Modules.Files;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Files;

/// <summary>Uploads and downloads: what comes back is what was sent, nothing else can be sent, and nobody else gets it.</summary>
[Collection(ApiTests.Name)]
public sealed class FileTests(ApiFixture api)
{
    private static readonly byte[] Pdf = [.. "%PDF-1.7\n"u8, .. RandomNumberGenerator.GetBytes(300_000)];

    [Fact]
    public async Task What_is_uploaded_is_downloaded_byte_for_byte_and_in_parts()
    {
        using var account = await api.RegisterAsync();
        var file = await (await UploadAsync(account.Client, Pdf, "scan.pdf")).JsonAsync(HttpStatusCode.Created);
        Assert.Equal(("scan.pdf", "application/pdf", Pdf.Length, Convert.ToHexStringLower(SHA256.HashData(Pdf))), (
            file.GetProperty("name").GetString(), file.GetProperty("contentType").GetString(), file.GetProperty("sizeBytes").GetInt32(),
            file.GetProperty("sha256").GetString()));

        // Without a token: the link is enough.
        using var whole = await api.Client.GetAsync(Link(file));
        Assert.Equal(Pdf, await whole.Content.ReadAsByteArrayAsync());
        Assert.Equal("attachment; filename=scan.pdf; filename*=UTF-8''scan.pdf", whole.Content.Headers.ContentDisposition?.ToString());
        Assert.Equal("nosniff", whole.Headers.GetValues("X-Content-Type-Options").Single());
        using var part = new HttpRequestMessage(HttpMethod.Get, Link(file)) { Headers = { Range = new(1000, 1999) } };
        using var answer = await api.Client.SendAsync(part);
        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal(Pdf[1000..2000], await answer.Content.ReadAsByteArrayAsync());
        using var again = new HttpRequestMessage(HttpMethod.Get, Link(file)) { Headers = { IfNoneMatch = { whole.Headers.ETag! } } };
        Assert.Equal(HttpStatusCode.NotModified, (await api.Client.SendAsync(again)).StatusCode);
    }

    [Theory]
    [InlineData("<html><script>alert(1)</script>", "application/pdf")]
    [InlineData("MZ\u0090\0", "image/png")]
    [InlineData("%PD", "application/pdf")]
    [InlineData("", "image/png")]
    public async Task A_file_whose_content_is_of_no_known_kind_is_415_whatever_it_is_called(string content, string saysItIs)
    {
        using var account = await api.RegisterAsync();
        using var response = await UploadAsync(account.Client, Encoding.Latin1.GetBytes(content), "a.pdf", saysItIs);
        var problem = await response.JsonAsync(HttpStatusCode.UnsupportedMediaType);
        Assert.Contains("its content is none of them", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Empty(await RowsAsync(account));
    }

    [Fact]
    public async Task A_file_of_25_MiB_is_taken_and_one_byte_more_is_413_and_leaves_nothing()
    {
        using var account = await api.RegisterAsync();
        var largest = new byte[UploadFile.MaxBytes];
        Pdf.AsSpan(0, 8).CopyTo(largest);
        Assert.Equal(HttpStatusCode.Created, (await UploadAsync(account.Client, largest, "a.pdf")).StatusCode);
        var problem = await (await UploadAsync(account.Client, [.. largest, 0], "b.pdf")).JsonAsync(HttpStatusCode.RequestEntityTooLarge);
        Assert.Equal("A file has at most 25 MiB.", problem.GetProperty("detail").GetString());
        Assert.Equal(["a.pdf true", "b.pdf false"], await RowsAsync(account));
    }

    [Theory]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n%PDF-1.7 and no end", 400)]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=file\r\n\r\n%PDF-1.7\r\n--x--\r\n", 400)]
    [InlineData("multipart/form-data; boundary=x", "", 400)]
    [InlineData("multipart/form-data; boundary=x", "no form at all", 400)]
    [InlineData("multipart/form-data", "--x--", 415)]
    [InlineData("multipart/form-data; boundary=\"\"", "--x--", 415)]
    [InlineData("application/json", "{}", 415)]
    public async Task A_form_that_is_none_is_the_senders_mistake(string type, string body, int status)
    {
        using var account = await api.RegisterAsync();
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var response = await account.Client.PostAsync("/api/v1/files", content);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.DoesNotContain(await RowsAsync(account), r => r.EndsWith("true", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_file_in_the_form_is_400()
    {
        using var account = await api.RegisterAsync();
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Pdf), "file", "a.pdf" }, { new ByteArrayContent(Pdf), "file", "b.pdf" } };
        using var response = await account.Client.PostAsync("/api/v1/files", form);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("C:\\x\\y.pdf", "y.pdf")]
    [InlineData("a\u202Efdp.exe", "afdp.exe")]
    [InlineData("..", "file")]
    [InlineData("Ärzte – größer 漢字.pdf", "Ärzte – größer 漢字.pdf")]
    public async Task A_name_loses_its_path_and_what_cannot_be_seen(string sent, string kept)
    {
        using var account = await api.RegisterAsync();
        var file = await (await UploadAsync(account.Client, Pdf, sent)).JsonAsync(HttpStatusCode.Created);
        Assert.Equal(kept, file.GetProperty("name").GetString());
        using var download = await api.Client.GetAsync(Link(file));
        Assert.Equal(kept, download.Content.Headers.ContentDisposition?.FileNameStar);
    }

    [Fact]
    public async Task Nobody_else_sees_a_file_and_a_link_that_was_changed_or_has_expired_is_404()
    {
        using var owner = await api.RegisterAsync();
        using var stranger = await api.RegisterAsync();
        var member = await owner.AddAsync("member");
        using var others = api.CreateClient();
        others.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", member.Access);
        var file = await (await UploadAsync(owner.Client, Pdf, "a.pdf")).JsonAsync(HttpStatusCode.Created);
        var address = $"/api/v1/files/{file.GetProperty("id")}";
        Assert.Equal(HttpStatusCode.OK, (await owner.Client.GetAsync(address)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await others.GetAsync(address)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.Client.GetAsync(address)).StatusCode);

        var link = Link(file);
        for (var i = FileLinks.Path.Length; i < link.Length; i += 7)
        {
            var changed = link[..i] + (link[i] == 'A' ? 'B' : 'A') + link[(i + 1)..];
            Assert.Equal(HttpStatusCode.NotFound, (await api.Client.GetAsync(changed)).StatusCode);
        }
        await api.ExecuteAsync($"update files set expires_at = now() where id = '{file.GetProperty("id")}'");
        Assert.Equal(HttpStatusCode.NotFound, (await api.Client.GetAsync(link)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await owner.Client.GetAsync(address)).StatusCode);
    }

    [Fact]
    public async Task Who_has_100_files_that_nothing_keeps_uploads_no_more()
    {
        using var account = await api.RegisterAsync();
        await api.ExecuteAsync($"""
            insert into files (company_id, id, name, content_type, expires_at, created_by, is_upload)
            select '{account.CompanyId}', gen_random_uuid(), 'x', 'image/png', now() + interval '1 hour', '{account.UserId}', true from generate_series(1, 95)
            """);
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => UploadAsync(account.Client, Pdf, "a.pdf")));
        Assert.Equal(5, answers.Count(a => a.StatusCode == HttpStatusCode.Created));
        Assert.Equal(7, answers.Count(a => a.StatusCode == HttpStatusCode.Conflict));
        await api.ExecuteAsync($"update files set expires_at = now() where company_id = '{account.CompanyId}' and id = (select min(id::text)::uuid from files where company_id = '{account.CompanyId}')");
        Assert.Equal(HttpStatusCode.Created, (await UploadAsync(account.Client, Pdf, "a.pdf")).StatusCode);
    }

    private static string Link(JsonElement file) => file.GetProperty("link").GetProperty("url").GetString()!;

    private Task<List<string>> RowsAsync(Account account) => PostgresServer.QueryAsync(api.Database.Owner,
        $"select name || ' ' || (size_bytes is not null)::text from files where company_id = '{account.CompanyId}' order by name");

    private static async Task<HttpResponseMessage> UploadAsync(HttpClient client, byte[] content, string name, string type = "application/pdf")
    {
        using var part = new ByteArrayContent(content) { Headers = { ContentType = new(type) } };
        using var form = new MultipartFormDataContent { { part, "file", name } };
        return await client.PostAsync("/api/v1/files", form);
    }
}
