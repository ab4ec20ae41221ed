using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Modules.Webhooks;

namespace ScaleHub.Tests.Modules.Metrics.Alerts;

/// <summary>A real fault, a real worker, and those who are told.</summary>
public sealed class ToldAlertTests
{
    // 32 bytes.
    private const string Secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    [Fact]
    public async Task Requests_that_limits_refuse_are_told_of_by_webhook_and_mail_and_their_company_is_in_the_list_of_problems()
    {
        await using var receiver = await new Receiver().StartAsync();
        await using var mail = new CatchingMailServer();
        await mail.StartAsync();
        await using var api = await ApiInstances.StartAsync(1, ("RateLimits__Policies__strict__Limit", "3"));
        await using var worker = new WorkerProcesses(
            ("ConnectionStrings__scalehub", api.Database.App.Replace("Pooling=false", "Pooling=true", StringComparison.Ordinal)),
            ("ConnectionStrings__redis", api.Redis.ConnectionString), ("ConnectionStrings__mail", mail.Url),
            ("ScaleHub__Secret", PostgresServer.Secret), ("Alerts__MailTo", "on-call@platform.example"),
            ("Alerts__WebhookUrl", receiver.Url), ("Alerts__WebhookSecret", Secret));
        worker.Start();
        using var account = await api.RegisterAsync();
        for (var i = 0; i < 150; i++) (await account.Client.PostJsonAsync("/api/v1/exports", new { list = "none" })).Dispose();

        await Poll.UntilAsync(() => { Assert.NotEmpty(receiver.Calls); return Task.CompletedTask; }, seconds: 120);
        var call = receiver.Calls.First();
        using var told = JsonDocument.Parse(call.Body);
        var change = told.RootElement.GetProperty("alerts").EnumerateArray()
            .Single(a => a.GetProperty("rule").GetString() == "companyThrottled");
        Assert.Equal(("open", account.CompanyId), (change.GetProperty("state").GetString(), change.GetProperty("companyId").GetGuid()));
        Assert.True(call.IsSignedWith(Secret));
        await Poll.UntilAsync(() =>
        {
            var message = Assert.Single(mail.Mailbox.List("on-call@platform.example"));
            // About the whole at once; about companies at the end of the quarter of an hour.
            Assert.Contains("Rate limits refuse", message.Text, StringComparison.Ordinal);
            return Task.CompletedTask;
        }, seconds: 30);
        var problems = await account.Client.GetStringAsync("/api/v1/metrics/problems?state=open");
        Assert.Contains("companyThrottled", problems, StringComparison.Ordinal);
        using var operators = api.CreateClient();
        operators.DefaultRequestHeaders.Authorization = new("Bearer", await account.OperatorAsync(api.Database.Owner));
        using var listed = JsonDocument.Parse(await operators.GetStringAsync("/api/admin/metrics/companies?sort=throttled&limit=1"));
        var first = listed.RootElement.GetProperty("items")[0];
        Assert.Equal((account.CompanyId, 1), (first.GetProperty("companyId").GetGuid(), first.GetProperty("openProblems").GetInt32()));
        Assert.Equal("POST /api/v1/exports", first.GetProperty("slowestEndpoint").GetString());
        // The worker and the instance tell of themselves.
        using var instances = JsonDocument.Parse(await operators.GetStringAsync("/api/admin/instances"));
        Assert.Equal(2, instances.RootElement.GetProperty("items").GetArrayLength());
    }
}
