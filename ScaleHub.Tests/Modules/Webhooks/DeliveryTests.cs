using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Http;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Webhooks;

/// <summary>What a receiver gets, when, and what becomes of one that does not take it.</summary>
[Collection(WebhookTests.Name)]
public sealed class DeliveryTests(WebhooksFixture fixture)
{
    [Fact]
    public async Task A_consumer_that_is_down_for_an_hour_gets_every_event_once_in_order_and_signed()
    {
        const int Tasks = 3, Changes = 4;
        using var account = await fixture.Api.RegisterAsync();
        await using var receiver = new Receiver();
        var (path, secret) = await WebhooksFixture.AddAsync(account, receiver.Url, "task.created", "task.updated", "task.deleted");
        for (var task = 0; task < Tasks; task++)
        {
            var id = await account.CreateTaskAsync("v0");
            for (var change = 1; change <= Changes; change++)
                (await account.Client.PatchAsJsonAsync($"/api/v1/tasks/{id}", new { title = $"v{change}" })).EnsureSuccessStatusCode();
            (await account.Client.DeleteAsync($"/api/v1/tasks/{id}")).EnsureSuccessStatusCode();
        }

        var (down, elapsed) = (TimeSpan.FromHours(1), TimeSpan.Zero);
        var wait = await fixture.UntilRetriesAsync(account);
        for (; elapsed + wait < down; wait = await fixture.UntilRetriesAsync(account))
        {
            await fixture.AdvanceAsync(account, wait);
            elapsed += wait;
        }
        // It was tried meanwhile, and what comes after the first event of a task waits for it.
        Assert.True(elapsed > TimeSpan.FromMinutes(15), $"{elapsed}");
        var log = await WebhooksFixture.LogAsync(account, path);
        Assert.Equal(Tasks * (Changes + 2), log.Count);
        Assert.Equal(Tasks, log.Count(d => d.GetProperty("attempts").GetInt32() > 0));
        Assert.All(log, d => Assert.Equal("pending", d.GetProperty("state").GetString()));

        await receiver.StartAsync();
        await fixture.AdvanceAsync(account, wait);
        await Poll.UntilAsync(async () => Assert.Equal(
            Tasks * (Changes + 2), (await WebhooksFixture.LogAsync(account, path, "?state=delivered")).Count), seconds: 30);
        Assert.Equal(Tasks * (Changes + 2), receiver.Calls.Count);
        Assert.Equal(receiver.Calls.Count, receiver.Calls.Select(c => c.Id).Distinct().Count());
        Assert.All(receiver.Calls, call => Assert.True(call.IsSignedWith(secret)));
        var bySubject = receiver.Calls.GroupBy(c => c.Data.GetProperty("id").GetGuid()).ToList();
        Assert.Equal(Tasks, bySubject.Count);
        Assert.All(bySubject, calls => Assert.Equal(
            ["task.created v0", "task.updated v1", "task.updated v2", "task.updated v3", "task.updated v4", "task.deleted "],
            calls.Select(c => $"{c.Type} {(c.Data.TryGetProperty("title", out var title) ? title.GetString() : "")}")));
    }

    [Fact]
    public async Task A_secret_that_was_rotated_signs_for_a_day_beside_the_new_one_and_then_no_more()
    {
        using var account = await fixture.Api.RegisterAsync();
        await using var receiver = await new Receiver().StartAsync();
        var (path, first) = await WebhooksFixture.AddAsync(account, receiver.Url, "task.created");
        var rotated = await account.Client.PostAsync($"{path}/secret/rotate", null);
        Assert.True(rotated.Headers.CacheControl!.NoStore);
        var second = (await rotated.JsonAsync(HttpStatusCode.OK)).GetProperty("secret").GetString()!;
        var both = await PingAsync(account, receiver, path);
        Assert.Equal((true, true), (both.IsSignedWith(first), both.IsSignedWith(second)));

        await fixture.AdvanceAsync(account, TimeSpan.FromHours(24) + TimeSpan.FromMinutes(1));
        var alone = await PingAsync(account, receiver, path);
        Assert.Equal((false, true), (alone.IsSignedWith(first), alone.IsSignedWith(second)));
        // A call that somebody changed on the way is not believed.
        Assert.False((alone with { Body = [.. alone.Body, (byte)' '] }).IsSignedWith(second));
    }

    [Fact]
    public async Task A_redirect_is_a_failure_and_is_not_followed()
    {
        using var account = await fixture.Api.RegisterAsync();
        await using var receiver = await new Receiver().StartAsync();
        receiver.Answer = http =>
        {
            http.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        };
        var (path, _) = await WebhooksFixture.AddAsync(account, receiver.Url, "task.created");
        await account.CreateTaskAsync("t");
        var delivery = await WebhooksFixture.DeliveryAsync(account, path, "pending");
        Assert.Equal(302, delivery.GetProperty("responseStatus").GetInt32());
        Assert.Equal("/hook", Assert.Single(receiver.Calls).Path);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_is_logged_and_left_alone_for_a_while()
    {
        using var account = await fixture.Api.RegisterAsync();
        await using var receiver = await new Receiver().StartAsync();
        receiver.Answer = http =>
        {
            // Until the sender gives up.
            var gone = new TaskCompletionSource();
            http.RequestAborted.Register(gone.SetResult);
            return gone.Task;
        };
        var (path, _) = await WebhooksFixture.AddAsync(account, receiver.Url, "task.created");
        await account.CreateTaskAsync("t");
        var delivery = await WebhooksFixture.DeliveryAsync(account, path, "pending");
        Assert.Equal("There was no answer within 3 seconds.", delivery.GetProperty("error").GetString());
        for (var i = 0; i < 20; i++) await account.CreateTaskAsync("t");
        // Each of them has been begun, and failed without a call.
        await Poll.UntilAsync(async () => Assert.Equal(["21"], await fixture.Api.QueryAsync($"""
            select count(*) from jobs where company_id = '{account.CompanyId}' and kind = 'webhooks.deliver' and attempts > 0
                and state = 'scheduled'
            """)), seconds: 30);
        Assert.Single(receiver.Calls);
    }

    [Fact]
    public async Task A_long_or_hostile_answer_is_cut_and_kept()
    {
        using var account = await fixture.Api.RegisterAsync();
        await using var receiver = await new Receiver().StartAsync();
        receiver.Answer = async http =>
        {
            http.Response.StatusCode = 500;
            await http.Response.Body.WriteAsync("\0\x1b[31m"u8.ToArray());
            await http.Response.WriteAsync(string.Concat(Enumerable.Repeat("\U0001F4A5", 2000)));
        };
        var (path, _) = await WebhooksFixture.AddAsync(account, receiver.Url, "task.created");
        await account.CreateTaskAsync("t");
        var delivery = await WebhooksFixture.DeliveryAsync(account, path, "pending");
        Assert.Equal(500, delivery.GetProperty("responseStatus").GetInt32());
        var kept = delivery.GetProperty("response").GetString()!;
        Assert.StartsWith("\uFFFD\uFFFD[31m\U0001F4A5", kept, StringComparison.Ordinal);
        Assert.InRange(kept.EnumerateRunes().Count(), 900, 1000);
    }

    [Fact]
    public async Task A_receiver_that_is_gone_is_switched_off_and_the_owners_hear_of_it()
    {
        using var account = await fixture.Api.RegisterAsync();
        await using var receiver = await new Receiver().StartAsync();
        receiver.Answer = http =>
        {
            http.Response.StatusCode = 410;
            return Task.CompletedTask;
        };
        var (path, _) = await WebhooksFixture.AddAsync(account, receiver.Url, "task.created");
        await account.CreateTaskAsync("t");
        await WebhooksFixture.DeliveryAsync(account, path, "failed");
        await IsSwitchedOffAsync(account, path, "gone");
        await account.CreateTaskAsync("nobody hears of it");
        await (await account.Client.PostAsync($"{path}/ping", null)).ProblemAsync(HttpStatusCode.Conflict);
        Assert.Single(receiver.Calls);
        Assert.Equal(["0"], await fixture.Api.QueryAsync($"select count(*) from jobs where company_id = '{account.CompanyId}'"));
    }

    [Fact]
    public async Task After_twenty_events_that_were_given_up_a_webhook_is_switched_off_and_can_be_switched_on_again()
    {
        using var account = await fixture.Api.RegisterAsync();
        await using var receiver = await new Receiver().StartAsync();
        receiver.Answer = http =>
        {
            http.Response.StatusCode = receiver.Calls.Count < 3 ? 503 : 204;
            return Task.CompletedTask;
        };
        var (path, _) = await WebhooksFixture.AddAsync(account, receiver.Url, "task.created");
        await fixture.Api.ExecuteAsync($"update webhooks set given_up = 19 where company_id = '{account.CompanyId}'");
        await account.CreateTaskAsync("t");
        await WebhooksFixture.DeliveryAsync(account, path, "pending");
        var wait = await fixture.UntilRetriesAsync(account);
        await fixture.Api.ExecuteAsync($"update jobs set attempts = 8 where company_id = '{account.CompanyId}'");
        await fixture.AdvanceAsync(account, wait);
        var failed = await WebhooksFixture.DeliveryAsync(account, path, "failed", attempts: 9);
        await IsSwitchedOffAsync(account, path, "failing");

        var on = await (await account.Client.PatchAsJsonAsync(path, new { isEnabled = true })).JsonAsync(HttpStatusCode.OK);
        Assert.True(on.GetProperty("isEnabled").GetBoolean());
        var again = await account.Client.PostAsync($"{path}/deliveries/{failed.GetProperty("id").GetString()}/redeliver", null);
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        await Poll.UntilAsync(
            async () => Assert.Single(await WebhooksFixture.LogAsync(account, path, "?state=delivered")), seconds: 30);
        // The receiver knows it by the same name.
        Assert.Equal(3, receiver.Calls.Count);
        Assert.Single(receiver.Calls.Select(c => c.Id).Distinct());
    }

    private static async Task<Call> PingAsync(Account account, Receiver receiver, string path)
    {
        var before = receiver.Calls.Count;
        var response = await account.Client.PostAsync($"{path}/ping", null);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await (await account.Client.GetAsync(response.Headers.Location)).JsonAsync(HttpStatusCode.OK);
        await Poll.UntilAsync(() => receiver.Calls.Count > before, seconds: 30);
        var call = receiver.Calls.Last();
        Assert.Equal("webhook.ping", call.Type);
        return call;
    }

    private static async Task IsSwitchedOffAsync(Account account, string path, string why)
    {
        await Poll.UntilAsync(async () =>
        {
            var webhook = await (await account.Client.GetAsync(path)).JsonAsync(HttpStatusCode.OK);
            Assert.Equal((false, why), (webhook.GetProperty("isEnabled").GetBoolean(), webhook.GetProperty("disabled").GetString()));
            var told = await (await account.Client.GetAsync("/api/v1/notifications")).JsonAsync(HttpStatusCode.OK);
            Assert.Equal("webhookFailing", Assert.Single(told.GetProperty("items").EnumerateArray()).GetProperty("kind").GetString());
        }, seconds: 30);
    }
}
