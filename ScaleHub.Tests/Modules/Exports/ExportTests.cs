using System.IO.Compression;
using System.Net;
using System.Text;
using ScaleHub.Modules;
using ScaleHub.Testing;
using UglyToad.PdfPig;

namespace ScaleHub.Tests.Modules.Exports;

/// <summary>What a company takes away is all of its own, nothing of others, and harmless to open.</summary>
public sealed class ExportTests(ExportsFixture exports) : IClassFixture<ExportsFixture>
{
    [Fact]
    public async Task A_list_is_exported_whole_in_order_and_no_cell_is_a_formula()
    {
        using var account = await exports.Api.RegisterAsync();
        using var stranger = await exports.Api.RegisterAsync();
        await stranger.CreateTaskAsync("another company's");
        string[] titles = ["=HYPERLINK(\"http://evil.example\")", "+1", "-1", "@SUM(A1)", "with \"quotes\", and a comma", "zwei\nZeilen", "plain 漢字"];
        foreach (var title in titles) await account.CreateTaskAsync(title);
        // More than the pages that it is read in.
        await exports.Api.ExecuteAsync($"""
            insert into tasks (company_id, id, title, created_by)
            select '{account.CompanyId}', ('ffffffff-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'task ' || n, '{account.UserId}' from generate_series(1, 4500) n
            """);

        var job = await exports.RunAsync(account, "exports", """{"list":"tasks"}""");
        Assert.Equal(4507, job.GetProperty("result").GetProperty("rows").GetInt32());
        var bytes = await ExportsFixture.DownloadAsync(account, job);
        Assert.Equal([0xEF, 0xBB, 0xBF], bytes[..3]);
        var rows = await ReadAsync(bytes);
        Assert.Equal(4507, rows.Count);
        var exported = rows.Select(r => r["title"]).ToList();
        Assert.Equal(["'=HYPERLINK(\"http://evil.example\")", "'+1", "'-1", "'@SUM(A1)", .. titles[4..]], exported[..7]);
        Assert.Equal(Enumerable.Range(1, 4500).Select(n => $"task {n}"), exported[7..]);
        // As the API has it.
        var first = await (await account.Client.GetAsync($"/api/v1/tasks/{rows[0]["id"]}")).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(first.GetProperty("createdAt").GetString(), rows[0]["createdAt"]);
        Assert.Equal(first.GetProperty("status").GetString(), rows[0]["status"]);
    }

    [Fact]
    public async Task A_list_is_for_those_who_may_read_it_and_its_file_for_who_asked()
    {
        using var owner = await exports.Api.RegisterAsync();
        using var unknown = await owner.Client.PostAsync("/api/v1/exports", Responses.Json("""{"list":"secrets"}"""));
        await unknown.ProblemAsync(HttpStatusCode.NotFound);
        var added = await owner.AddAsync("member");
        using var member = exports.Api.CreateClient();
        member.DefaultRequestHeaders.Authorization = new("Bearer", added.Access);
        Assert.Equal(HttpStatusCode.Forbidden, (await member.PostAsync("/api/v1/exports/company", null)).StatusCode);
        var job = await exports.RunAsync(owner, "exports", """{"list":"users"}""");
        var file = $"/api/v1/files/{job.GetProperty("result").GetProperty("fileId")}";
        Assert.Equal(HttpStatusCode.NotFound, (await member.GetAsync(file)).StatusCode);
        // An admin sees the owner's job, with the file's identifier, and still gets no link to it.
        using var admin = exports.Api.CreateClient();
        admin.DefaultRequestHeaders.Authorization = new("Bearer", (await owner.AddAsync("admin")).Access);
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync($"/api/v1/jobs/{job.GetProperty("id")}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await admin.GetAsync(file)).StatusCode);
        // What a job has made is attached to nothing, either.
        var patient = await owner.CreatePatientAsync();
        var exam = await (await owner.Client.PostJsonAsync("/api/v1/exams", new { patientId = patient, kind = "retina" })).JsonAsync(HttpStatusCode.Created);
        using var attach = await owner.Client.PostJsonAsync(
            $"/api/v1/exams/{exam.GetProperty("id")}/attachments", new { fileId = job.GetProperty("result").GetProperty("fileId").GetGuid() });
        Assert.Equal(HttpStatusCode.Conflict, attach.StatusCode);
        Assert.DoesNotContain("hash", Encoding.UTF8.GetString(await ExportsFixture.DownloadAsync(owner, job)), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_company_gets_all_it_has_in_one_file()
    {
        using var account = await exports.Api.RegisterAsync();
        await account.CreateTaskAsync("mine");
        using var stranger = await exports.Api.RegisterAsync();
        await stranger.CreateTaskAsync("not mine");
        using var form = new MultipartFormDataContent { { new ByteArrayContent("%PDF-1.7 scan"u8.ToArray()), "file", "scan.pdf" } };
        var uploaded = await (await account.Client.PostAsync("/api/v1/files", form)).JsonAsync(HttpStatusCode.Created);
        await exports.Api.ExecuteAsync($"update files set expires_at = null where id = '{uploaded.GetProperty("id")}'");

        var job = await exports.RunAsync(account, "exports/company", null);
        await using var zip = new ZipArchive(new MemoryStream(await ExportsFixture.DownloadAsync(account, job)), ZipArchiveMode.Read);
        Assert.Equal(
            ModuleList.Exports.Lists.Keys.Select(l => $"{l}.csv").Append("company.json").Append($"files/{uploaded.GetProperty("id")}-scan.pdf").Order(StringComparer.Ordinal),
            zip.Entries.Select(e => e.FullName).Order(StringComparer.Ordinal));
        Assert.Equal(["mine"], (await ReadAsync(await BytesAsync(zip, "tasks.csv"))).Select(r => r["title"]));
        Assert.Equal([account.Email], (await ReadAsync(await BytesAsync(zip, "users.csv"))).Select(r => r["email"]));
        Assert.Equal("%PDF-1.7 scan"u8.ToArray(), await BytesAsync(zip, zip.Entries.Single(e => e.Name.EndsWith("scan.pdf", StringComparison.Ordinal)).FullName));
    }

    [Fact]
    public async Task The_report_of_a_month_counts_what_was_made_in_it_as_a_page_and_as_a_PDF()
    {
        using var account = await exports.Api.RegisterAsync();
        await account.Client.PatchAsync("/api/v1/company", Responses.Json("""{"name":"Müller & <b>Söhne</b>"}"""));
        var month = new DateTimeOffset(2025, 3, 1, 0, 0, 0, TimeSpan.Zero);
        foreach (var (at, title) in ((DateTimeOffset, string)[])[(month, "first"), (month.AddMonths(1).AddMilliseconds(-1), "last"),
            (month.AddMilliseconds(-1), "before"), (month.AddMonths(1), "after")])
            await exports.Api.ExecuteAsync($"""
                insert into tasks (company_id, id, title, created_by, status)
                values ('{account.CompanyId}', '{Guid.CreateVersion7(at)}', '{title}', '{account.UserId}', '{(title == "first" ? "done" : "todo")}')
                """);
        await exports.Api.ExecuteAsync($"""
            insert into patients (company_id, id, name) values ('{account.CompanyId}', '{account.UserId}', 'p');
            insert into orders (company_id, id, patient_id, total_minor, currency, created_by)
            select '{account.CompanyId}', id::uuid, '{account.UserId}', total, currency, '{account.UserId}' from (values
                ('{Guid.CreateVersion7(month)}', 123450, 'EUR'), ('{Guid.CreateVersion7(month)}', 1000, 'JPY'), ('{Guid.CreateVersion7(month)}', 1500, 'KWD')) o (id, total, currency)
            """);
        var page = await exports.RunAsync(account, "reports", """{"month":"2025-03"}""");
        var link = await ExportsFixture.LinkAsync(account, page);
        using var anybody = exports.Api.CreateClient();
        using var shown = await anybody.GetAsync(link);
        Assert.Contains("sandbox", shown.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Null(shown.Content.Headers.ContentDisposition);
        var html = await shown.Content.ReadAsStringAsync();
        Assert.Contains("<h1>M&#252;ller &amp; &lt;b&gt;S&#246;hne&lt;/b&gt;: report of March 2025</h1>", html, StringComparison.Ordinal);
        Assert.Contains("<tr><td>New</td><td>2</td></tr><tr><td>Of these, done</td><td>1</td></tr>", html, StringComparison.Ordinal);
        Assert.Contains("<td>1234.50 EUR, 1000 JPY, 1.500 KWD</td>", html, StringComparison.Ordinal);

        var pdf = await exports.RunAsync(account, "reports", """{"month":"2025-03","format":"pdf"}""");
        using var document = PdfDocument.Open(await ExportsFixture.DownloadAsync(account, pdf));
        var text = string.Join(' ', document.GetPage(1).GetWords().Select(w => w.Text));
        // Without a font of the machine the accents are lost.
        Assert.Matches("M[üu]ller & <b>S[öo]hne</b>: report of March 2025", text);
        Assert.Contains("New 2 Of these, done 1", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"month":"2025-13"}""")]
    [InlineData("""{"month":"2025-1"}""")]
    [InlineData("""{"month":"2099-01"}""")]
    [InlineData("""{"month":"2025-01","format":"docx"}""")]
    [InlineData("{}")]
    public async Task A_month_that_is_none_or_has_not_begun_is_400(string body)
    {
        using var account = await exports.Api.RegisterAsync();
        await (await account.Client.PostAsync("/api/v1/reports", Responses.Json(body))).ProblemAsync(HttpStatusCode.BadRequest);
    }

    private static async Task<byte[]> BytesAsync(ZipArchive zip, string name)
    {
        await using var entry = await zip.GetEntry(name)!.OpenAsync();
        var copy = new MemoryStream();
        await entry.CopyToAsync(copy);
        return copy.ToArray();
    }

    /// <summary>Records by the names in the header (RFC 4180).</summary>
    private static async Task<List<Dictionary<string, string>>> ReadAsync(byte[] csv)
    {
        var (records, record, cell, quoted) = (new List<List<string>>(), new List<string>(), new StringBuilder(), false);
        var text = await new StreamReader(new MemoryStream(csv)).ReadToEndAsync();
        for (var i = 0; i < text.Length; i++)
        {
            if (quoted && text[i] == '"' && i + 1 < text.Length && text[i + 1] == '"') cell.Append(text[i++]);
            else if (text[i] == '"') quoted = !quoted;
            else if (!quoted && text[i] is ',' or '\r')
            {
                record.Add(cell.ToString());
                cell.Clear();
                if (text[i] == ',') continue;
                i++;
                records.Add(record);
                record = [];
            }
            else cell.Append(text[i]);
        }
        return [.. records.Skip(1).Select(r => records[0].Zip(r).ToDictionary(p => p.First, p => p.Second))];
    }
}
