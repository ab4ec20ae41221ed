using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Http.Caching;
using ScaleHub.Tests.Modules.Tasks;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Practice;

/// <summary>Files of an exam: they are uploaded first, and kept as long as the exam has them.</summary>
[Collection(ApiTests.Name)]
public sealed class ExamAttachmentTests(ApiFixture api)
{
    [Fact]
    public async Task A_file_is_attached_listed_with_a_link_to_its_content_and_gone_when_it_is_deleted()
    {
        using var account = await api.RegisterAsync();
        using var colleague = await account.ColleagueAsync(api.Database.Owner);
        var exam = await CreateExamAsync(account);
        var file = await account.Client.UploadAsync("retina.pdf");
        var answer = await AttachAsync(account.Client, exam, file);
        var attached = await answer.JsonAsync(HttpStatusCode.Created);
        Assert.Equal(("retina.pdf", "application/pdf", JsonValueKind.Null), (
            attached.GetProperty("name").GetString(), attached.GetProperty("contentType").GetString(),
            attached.GetProperty("expiresAt").ValueKind));
        // Whoever works for the practice reads it, not only who uploaded it.
        Assert.Equal(file, PracticeSupport.Id(await colleague.GetFromJsonAsync<JsonElement>(answer.Headers.Location)));
        var listed = Assert.Single((await colleague.GetFromJsonAsync<JsonElement>($"{exam}/attachments")).Items());
        Assert.Equal(HttpStatusCode.OK, (await api.DownloadAsync(listed)).StatusCode);

        var deletions = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => account.Client.DeleteAsync(answer.Headers.Location)));
        Assert.Single(deletions, d => d.StatusCode == HttpStatusCode.NoContent);
        Assert.Equal(3, deletions.Count(d => d.StatusCode == HttpStatusCode.NotFound));
        Assert.Empty(await account.Client.IdsAsync($"{exam}/attachments"));
        await (await api.DownloadAsync(listed)).ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_exam_has_at_most_twenty_attachments_however_many_are_attached_at_once()
    {
        using var account = await api.RegisterAsync();
        var exam = await CreateExamAsync(account);
        var files = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => account.Client.UploadAsync($"{i}.pdf")));
        var answers = await Task.WhenAll(files.Select(f => AttachAsync(account.Client, exam, f)));
        Assert.Equal(20, answers.Count(a => a.StatusCode == HttpStatusCode.Created));
        Assert.Equal(4, answers.Count(a => a.StatusCode == HttpStatusCode.Conflict));
        Assert.Equal(20, (await account.Client.WalkAsync($"{exam}/attachments?limit=7")).Distinct().Count());
        // What was refused is attached to nothing, and can be yet.
        var left = files[Array.FindIndex(answers, a => a.StatusCode == HttpStatusCode.Conflict)];
        await (await AttachAsync(account.Client, await CreateExamAsync(account), left)).JsonAsync(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_file_is_attached_once_and_to_what_its_uploader_may_see()
    {
        using var account = await api.RegisterAsync();
        using var colleague = await account.ColleagueAsync(api.Database.Owner);
        using var stranger = await api.RegisterAsync();
        var (first, second) = (await CreateExamAsync(account), await CreateExamAsync(account));
        var file = await account.Client.UploadAsync();
        // Not by another user, nor another company, nor to another company's exam.
        (await (await AttachAsync(colleague, first, file)).ProblemAsync(HttpStatusCode.Conflict)).AssertNames("fileId");
        await (await AttachAsync(stranger.Client, await CreateExamAsync(stranger), file)).ProblemAsync(HttpStatusCode.Conflict);
        await (await AttachAsync(stranger.Client, first, await stranger.Client.UploadAsync())).ProblemAsync(HttpStatusCode.NotFound);

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => AttachAsync(account.Client, i % 2 == 0 ? first : second, file)));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
        await (await AttachAsync(account.Client, first, Guid.NewGuid())).ProblemAsync(HttpStatusCode.Conflict);
        Assert.Single([.. await account.Client.IdsAsync($"{first}/attachments"), .. await account.Client.IdsAsync($"{second}/attachments")]);
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Delete])
            await (await stranger.Client.SendAsync(new(method, $"{first}/attachments/{file}"))).ProblemAsync(HttpStatusCode.NotFound);
        await (await stranger.Client.GetAsync($"{first}/attachments")).ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Who_attaches_twice_with_one_key_has_attached_once_and_gets_the_same_answer()
    {
        using var account = await api.RegisterAsync();
        var exam = await CreateExamAsync(account);
        var body = $$"""{"fileId":"{{await account.Client.UploadAsync()}}"}""";
        var first = await (await account.Client.PostOnceAsync($"{exam}/attachments", "k", body)).JsonAsync(HttpStatusCode.Created);
        var again = await account.Client.PostOnceAsync($"{exam}/attachments", "k", body);
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        Assert.Equal(PracticeSupport.Id(first), PracticeSupport.Id(await again.JsonAsync(HttpStatusCode.Created)));
    }

    [Fact]
    public async Task The_files_of_a_deleted_exam_go_with_it()
    {
        using var account = await api.RegisterAsync();
        var exam = await CreateExamAsync(account);
        var files = new List<JsonElement>();
        for (var i = 0; i < 2; i++)
            files.Add(await (await AttachAsync(account.Client, exam, await account.Client.UploadAsync())).JsonAsync(HttpStatusCode.Created));
        Assert.Equal(HttpStatusCode.NoContent, (await account.Client.DeleteAsync(exam)).StatusCode);
        foreach (var file in files) await (await api.DownloadAsync(file)).ProblemAsync(HttpStatusCode.NotFound);
        // For the sweep.
        Assert.Equal(["2"], await PostgresServer.QueryAsync(
            api.Database.Owner, $"select count(*)::text from files where company_id = '{account.CompanyId}' and expires_at <= now()"));
    }

    private static Task<HttpResponseMessage> AttachAsync(HttpClient client, string exam, Guid file)
        => client.PostJsonAsync($"{exam}/attachments", new { fileId = file });

    private static async Task<string> CreateExamAsync(Account account)
    {
        var patient = await account.CreatePatientAsync();
        var answer = await account.Client.PostJsonAsync("/api/v1/exams", new { patientId = patient, kind = "retina" });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return answer.Headers.Location!.OriginalString;
    }
}
