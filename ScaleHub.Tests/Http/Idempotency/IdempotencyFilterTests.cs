using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Idempotency;
using ScaleHub.Modules;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Http.Idempotency;

/// <summary>The filter around handlers that do what real ones should not.</summary>
[Collection(PostgresTests.Name)]
public sealed class IdempotencyFilterTests(PostgresServer server) : IAsyncLifetime
{
    private readonly TaskCompletionSource _entered = new(), _released = new();
    private TestDatabase _database = null!;
    private WebApplication _app = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _database = await server.CreateDatabaseAsync();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration["ConnectionStrings:scalehub"] = _database.App;
        builder.Configuration["Postgres:Pool:Min"] = "0";
        // The one at work has it, and nobody else with its key may need another.
        builder.Configuration["Postgres:Pool:Max"] = "1";
        builder.Configuration["ConnectionStrings:redis"] = "127.0.0.1:1";
        builder.Configuration["ScaleHub:Secret"] = PostgresServer.Secret;
        builder.AddPlatform();
        builder.AddModules();
        builder.AddErrors();
        _app = builder.Build();
        _app.UseErrors();
        _app.Use((http, next) =>
        {
            if (Guid.TryParse(http.Request.Headers["Company"], out var company))
                http.RequestServices.GetRequiredService<Tenant>().ActAs(company, Guid.Parse(http.Request.Headers["User"]!));
            return next(http);
        });
        _app.UseRouting();
        var group = _app.MapGroup("/things").WithIdempotency();
        group.MapPost("/", HandleAsync);
        group.MapPost("/{id:int}/pay", HandleAsync).RequireIdempotency();
        group.MapPut("/", HandleAsync);
        await _app.StartAsync();
        var address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        _client = Client(address, Guid.NewGuid(), Guid.NewGuid());
        await Poll.UntilAsync(async () => Assert.Equal(HttpStatusCode.Created, (await PostAsync("warm", "{}")).StatusCode));
        await ExecuteAsync("delete from audit_log");
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task The_same_JSON_is_the_same_request_however_it_is_written()
    {
        var first = await PostAsync("written", """{"a":"ü\n","b":[1,{"c":null,"d":true}]}""");
        foreach (var same in (string[])[
            "{ \"a\" : \"ü\\n\",\n\t\"b\" : [ 1, { \"c\": null, \"d\": true } ] }\r\n",
            """{"b":[1,{"d":true,"c":null}],"a":"\u00fc\u000a"}"""])
            Assert.Equal(await first.Content.ReadAsStringAsync(), await (await PostAsync("written", same)).Content.ReadAsStringAsync());
        foreach (var other in (string[])["""{"a":"ü\n","b":[{"c":null,"d":true},1]}""", """{"a":"ü\n ","b":[1,{"c":null,"d":true}]}""", "not JSON", ""])
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await PostAsync("written", other)).StatusCode);
    }

    [Fact]
    public async Task What_is_kept_of_a_body_cannot_be_guessed_from_without_the_secret()
    {
        const string Body = """{"password":"correct horse battery"}""";
        await PostAsync("kept", Body);
        var kept = await PostgresServer.QueryAsync(_database.Owner, "select encode(body_hash, 'hex') from idempotency_keys");
        Assert.NotEmpty(kept);
        foreach (var guess in (string[])[Body, $"\n{Body}", $"?\n{Body}"])
            Assert.DoesNotContain(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(guess))), kept);
    }

    [Fact]
    public async Task A_replay_keeps_status_location_etag_content_type_and_body_byte_for_byte()
    {
        var first = await PostAsync("key", """{"ü":"🚀"}""");
        var replay = await PostAsync("key", """{"ü":"🚀"}""");
        Assert.False(first.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal("true", replay.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.Equal(HttpStatusCode.Created, replay.StatusCode);
        Assert.Equal(first.Headers.Location, replay.Headers.Location);
        Assert.NotNull(replay.Headers.ETag);
        Assert.Equal(first.Headers.ETag, replay.Headers.ETag);
        Assert.Equal(first.Content.Headers.ContentType, replay.Content.Headers.ContentType);
        Assert.Equal(await first.Content.ReadAsByteArrayAsync(), await replay.Content.ReadAsByteArrayAsync());
        Assert.Equal(1, await EffectsAsync());

        await PostAsync("empty", "{}", "?mode=empty");
        var empty = await PostAsync("empty", "{}", "?mode=empty");
        Assert.Equal((HttpStatusCode.NoContent, 0), (empty.StatusCode, (await empty.Content.ReadAsByteArrayAsync()).Length));
        Assert.True(empty.Headers.Contains("Idempotency-Replayed"));
    }

    [Theory]
    [InlineData("refuse", HttpStatusCode.Conflict)]
    [InlineData("fail", HttpStatusCode.InternalServerError)]
    [InlineData("unavailable", HttpStatusCode.ServiceUnavailable)]
    [InlineData("throw", HttpStatusCode.InternalServerError)]
    public async Task What_was_not_done_leaves_nothing_and_the_key_is_free(string mode, HttpStatusCode expected)
    {
        await (await PostAsync("key", "{}", $"?mode={mode}")).ProblemAsync(expected);
        Assert.Equal(0, await EffectsAsync());
        Assert.Equal(HttpStatusCode.Created, (await PostAsync("key", "{}")).StatusCode);
        Assert.Equal(1, await EffectsAsync());
    }

    [Fact]
    public async Task A_refusal_rolls_back_without_a_key_too()
    {
        await (await PostAsync(null, "{}", "?mode=refuse")).ProblemAsync(HttpStatusCode.Conflict);
        Assert.Equal(0, await EffectsAsync());
    }

    [Theory]
    [InlineData("""{"a":2}""", "")]
    [InlineData("""{"a":"1"}""", "")]
    [InlineData("", "")]
    [InlineData("""{"a":1}""", "?b=1")]
    public async Task The_same_key_with_another_body_or_query_is_422(string body, string query)
    {
        await PostAsync("key", """{"a":1}""");
        await (await PostAsync("key", body, query)).ProblemAsync(HttpStatusCode.UnprocessableEntity);
        Assert.Equal(1, await EffectsAsync());
    }

    [Fact]
    public async Task While_the_first_is_at_work_the_others_are_told_to_come_back_and_need_no_connection()
    {
        var first = PostAsync("key", "{}", "?mode=slow");
        await _entered.Task.WaitAsync(TimeSpan.FromSeconds(10));
        foreach (var other in await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => PostAsync("key", "{}", "?mode=slow"))))
        {
            await other.ProblemAsync(HttpStatusCode.Conflict);
            Assert.Equal(TimeSpan.FromSeconds(1), other.Headers.RetryAfter?.Delta);
        }
        _released.SetResult();
        Assert.Equal(HttpStatusCode.Created, (await first).StatusCode);
        Assert.True((await PostAsync("key", "{}", "?mode=slow")).Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(1, await EffectsAsync());
    }

    [Theory]
    [InlineData("23 hours 59 minutes", 1)]
    [InlineData("24 hours 1 second", 2)]
    public async Task A_key_is_over_after_24_hours(string age, int effects)
    {
        await PostAsync("key", "{}");
        // To the partition of the day that it would have been written on.
        await ExecuteAsync($"""
            update idempotency_keys set created_at = now() - interval '{age}',
                day = ((now() - interval '{age}') at time zone 'utc')::date
            """);
        Assert.Equal(HttpStatusCode.Created, (await PostAsync("key", "{}")).StatusCode);
        Assert.Equal(effects, await EffectsAsync());
    }

    [Fact]
    public async Task The_key_of_another_user_company_or_path_is_another_key()
    {
        var (company, user) = (Guid.NewGuid(), Guid.NewGuid());
        using var one = Client(_client.BaseAddress!.ToString(), company, user);
        using var colleague = Client(_client.BaseAddress.ToString(), company, Guid.NewGuid());
        using var stranger = Client(_client.BaseAddress.ToString(), Guid.NewGuid(), user);
        foreach (var client in (HttpClient[])[one, colleague, stranger])
            foreach (var path in (string[])["/things", "/things/1/pay", "/things/2/pay"])
                Assert.False((await client.PostOnceAsync(path, "key", "{}")).Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(9, await EffectsAsync());
        Assert.True((await one.PostOnceAsync("/Things/", "key", "{}")).Headers.Contains("Idempotency-Replayed"));
    }

    [Fact]
    public async Task A_key_is_one_to_255_visible_ascii_characters()
    {
        foreach (var key in (string[])["", "with blank", "ü", new string('k', 256)])
            await (await PostAsync(key, "{}")).ProblemAsync(HttpStatusCode.BadRequest);
        using var twice = new HttpRequestMessage(HttpMethod.Post, "/things") { Content = Responses.Json("{}") };
        twice.Headers.Add("Idempotency-Key", ["a", "b"]);
        await (await _client.SendAsync(twice)).ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Equal(0, await EffectsAsync());
        Assert.Equal(HttpStatusCode.Created, (await PostAsync("\"" + new string('~', 254), "{}")).StatusCode);
    }

    [Fact]
    public async Task Where_it_is_required_a_request_without_a_key_is_400_and_does_nothing()
    {
        await (await _client.PostAsync("/things/1/pay", Responses.Json("{}"))).ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Equal(0, await EffectsAsync());
        Assert.Equal(HttpStatusCode.Created, (await _client.PostOnceAsync("/things/1/pay", "key", "{}")).StatusCode);
    }

    [Fact]
    public async Task An_answer_too_large_to_keep_is_given_once_and_its_work_is_still_done_once()
    {
        var first = await PostAsync("key", "{}", "?mode=large");
        Assert.Equal(100_000, (await first.Content.ReadAsByteArrayAsync()).Length);
        var replay = await PostAsync("key", "{}", "?mode=large");
        await replay.ProblemAsync(HttpStatusCode.Conflict);
        Assert.Equal(("true", first.Headers.Location),
            (replay.Headers.GetValues("Idempotency-Replayed").Single(), replay.Headers.Location));
        Assert.Equal(1, await EffectsAsync());
    }

    private async Task<IResult> HandleAsync(HttpContext http, ScaleHubDb db, Tenant tenant, string mode = "")
    {
        var id = Guid.CreateVersion7();
        await db.Database.ExecuteSqlAsync(
            $"insert into audit_log (company_id, id, action) values ({tenant.RequiredCompanyId}, {id}, 'effect')");
        http.Response.Headers.ETag = $"\"{id}\"";
        switch (mode)
        {
            case "refuse": return TypedResults.Problem("No.", statusCode: 409);
            case "fail": return TypedResults.Problem("Broken.", statusCode: 500);
            case "unavailable": return TypedResults.StatusCode(503);
            case "throw": throw new InvalidOperationException("Broken.");
            case "empty": return TypedResults.NoContent();
            case "slow":
                _entered.TrySetResult();
                await _released.Task;
                break;
        }
        http.Response.Headers.Location = $"/things/{id}";
        return TypedResults.Text(mode == "large" ? new string('x', 100_000) : $"Ünïcode 🚀 {id}", "text/x-own; charset=utf-8",
            statusCode: 201);
    }

    private async Task<HttpResponseMessage> PostAsync(string? key, string body, string query = "")
        => key is null ? await _client.PostAsync($"/things{query}",
            Responses.Json(body)) : await _client.PostOnceAsync($"/things{query}", key, body);

    private static HttpClient Client(string address, Guid company, Guid user)
    {
        // Sends header values as they are, where the default refuses what is not ASCII.
        var handler = new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 };
        var client = new HttpClient(handler) { BaseAddress = new(address) };
        client.DefaultRequestHeaders.Add("Company", company.ToString());
        client.DefaultRequestHeaders.Add("User", user.ToString());
        return client;
    }

    private async Task<int> EffectsAsync()
        => int.Parse((await PostgresServer.QueryAsync(_database.Owner, "select count(*) from audit_log"))[0], null);

    private Task ExecuteAsync(string sql) => PostgresServer.ExecuteAsync(_database.Owner, sql);
}
