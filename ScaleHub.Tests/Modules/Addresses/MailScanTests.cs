using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Modules.Tasks;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Addresses;

/// <summary>What is in a mail item: the mail room adds it, and the owner reads it.</summary>
[Collection(ApiTests.Name)]
public sealed class MailScanTests(ApiFixture api)
{
    [Fact]
    public async Task The_first_scan_is_charged_once_however_many_come_at_once_and_the_owner_reads_them()
    {
        using var account = await api.RegisterAsync();
        using var member = await account.ColleagueAsync(api.Database.Owner);
        using var other = await account.ColleagueAsync(api.Database.Owner);
        var address = await member.CreateAddressAsync();
        var item = await account.Client.ReceiveAsync(address);
        var files = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => account.Client.UploadAsync($"{i}.pdf")));
        var answers = await Task.WhenAll(files.Select(f => ScanAsync(account.Client, item, f)));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.Created, a.StatusCode));
        Assert.Equal("scanned", await member.StatusAsync($"/api/v1/mail-items/{item}"));
        Assert.Equal([$"mail.scanned {item}"],
            (await api.ChargesAsync(account)).Where(c => c.StartsWith("mail.scanned", StringComparison.Ordinal)));

        var scans = (await member.GetFromJsonAsync<JsonElement>(Scans(item))).Items();
        Assert.Equal(files.ToHashSet(), [.. scans.Select(PracticeSupport.Id)]);
        foreach (var scan in scans) Assert.Equal(HttpStatusCode.OK, (await api.DownloadAsync(scan)).StatusCode);
        Assert.Equal(files[0], PracticeSupport.Id(await member.GetFromJsonAsync<JsonElement>($"{Scans(item)}/{files[0]}")));
        await (await other.GetAsync(Scans(item))).ProblemAsync(HttpStatusCode.NotFound);
        await (await other.GetAsync($"{Scans(item)}/{files[0]}")).ProblemAsync(HttpStatusCode.NotFound);
        await (await member.DeleteAsync($"{Scans(item)}/{files[0]}")).ProblemAsync(HttpStatusCode.Forbidden);

        // Another's letter: the mail room takes it back.
        Assert.Equal(HttpStatusCode.NoContent, (await account.Client.DeleteAsync($"{Scans(item)}/{files[0]}")).StatusCode);
        await (await account.Client.DeleteAsync($"{Scans(item)}/{files[0]}")).ProblemAsync(HttpStatusCode.NotFound);
        await (await api.DownloadAsync(scans.Single(s => PracticeSupport.Id(s) == files[0]))).ProblemAsync(HttpStatusCode.NotFound);
        Assert.Equal(2, (await member.IdsAsync(Scans(item))).Count);
    }

    [Fact]
    public async Task Only_the_mail_room_scans_and_only_what_it_has()
    {
        using var account = await api.RegisterAsync();
        using var member = await account.ColleagueAsync(api.Database.Owner);
        using var stranger = await api.RegisterAsync();
        var address = await member.CreateAddressAsync();
        var (forwarded, shredded) = (await account.Client.ReceiveAsync(address), await account.Client.ReceiveAsync(address));
        await (await ScanAsync(member, forwarded, await member.UploadAsync())).ProblemAsync(HttpStatusCode.Forbidden);
        await (await ScanAsync(stranger.Client, forwarded, await stranger.Client.UploadAsync())).ProblemAsync(HttpStatusCode.NotFound);
        await (await ScanAsync(account.Client, forwarded, Guid.NewGuid())).ProblemAsync(HttpStatusCode.Conflict);

        await (await account.Client.MoveAsync(await member.ForwardAsync(forwarded), "shipped", "JD1")).JsonAsync(HttpStatusCode.OK);
        await (await member.PostAsync($"/api/v1/mail-items/{shredded}/shred", null)).JsonAsync(HttpStatusCode.OK);
        var file = await account.Client.UploadAsync();
        foreach (var item in (Guid[])[forwarded, shredded])
            await (await ScanAsync(account.Client, item, file)).ProblemAsync(HttpStatusCode.Conflict);
        Assert.DoesNotContain(await api.ChargesAsync(account), c => c.StartsWith("mail.scanned", StringComparison.Ordinal));
        // The file was attached to nothing meanwhile.
        await (await ScanAsync(account.Client, await account.Client.ReceiveAsync(address), file)).JsonAsync(HttpStatusCode.Created);
    }

    private static string Scans(Guid item) => $"/api/v1/mail-items/{item}/scans";

    private static Task<HttpResponseMessage> ScanAsync(HttpClient client, Guid item, Guid file)
        => client.PostJsonAsync(Scans(item), new { fileId = file });
}
