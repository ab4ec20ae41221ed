extern alias Api;
using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Idempotency;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Http.Authentication;

/// <summary>
/// Every endpoint of the API, taken from the routes of the program itself, against every role: in Production, and in Development,
/// where everybody may see how the servers are.
/// </summary>
public sealed class AccessTests
{
    internal const string Anonymous = "anonymous", Production = "Production";
    private const string Development = "Development";

    [Theory]
    [InlineData(Production)]
    [InlineData(Development)]
    public void Every_endpoint_says_who_may_use_it(string environment)
    {
        var endpoints = Endpoints(environment);
        Assert.NotEmpty(endpoints);
        Assert.Empty(endpoints.Where(e => Decision(e) is null).Select(Name));
    }

    [Fact]
    public void Every_post_of_somebody_signed_in_takes_an_idempotency_key()
    {
        // Ending a session twice is ending it once, and no answer is worth keeping; an answer with a new API key, a secret of a
        // second factor or one of a webhook must not be kept; an upload that is repeated leaves a file that goes by itself, and its body
        // is too large to be kept for a comparison.
        string[] byNature = ["/api/v1/auth/logout", "/api/v1/me/totp/", "/api/v1/me/totp/confirm", "/api/v1/api-keys/", "/api/v1/files/",
            "/api/v1/webhooks/", "/api/v1/webhooks/{id:guid}/secret/rotate"];
        var without = Endpoints(Production).Where(e => Decision(e) != Anonymous
            && e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("POST") is true
            && e.Metadata.GetMetadata<IdempotencyMetadata>() is null);
        Assert.Equal(byNature, without.Select(Name));
    }

    [Fact]
    public void In_production_only_operators_see_health_quotas_and_prices_of_the_platform()
    {
        var operations = Endpoints(Production).Where(e => Name(e).StartsWith("/api/health", StringComparison.Ordinal)
            || Name(e).StartsWith("/api/admin", StringComparison.Ordinal)).ToList();
        Assert.True(operations.Count >= 4);
        Assert.All(operations, e => Assert.Equal(Roles.Operator, Decision(e)));
    }

    [Theory]
    [InlineData(Production)]
    [InlineData(Development)]
    public async Task Each_role_gets_what_it_may_and_nothing_else(string environment)
    {
        await using var api = await ApiInstances.StartAsync(
            1, ("ASPNETCORE_ENVIRONMENT", environment), ("RateLimits__Scale", "1000"));
        using var account = await api.RegisterAsync();
        List<string> wrong = [];
        foreach (var endpoint in Endpoints(environment))
        {
            var required = Decision(endpoint)!;
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                foreach (var role in (string[])[Anonymous, Roles.Member, Roles.Admin, Roles.Owner, Roles.Operator])
                {
                    if (role == Anonymous && required == Anonymous) continue;
                    var status = await AskAsync(api, account, role, method, endpoint);
                    var expected = required == Anonymous || (role != Anonymous && Access.Allows(required, role)) ? "passes"
                        : role == Anonymous ? "401" : "403";
                    var actual = status is HttpStatusCode.Unauthorized ? "401" : status is HttpStatusCode.Forbidden ? "403"
                        : (int)status >= 500 ? $"{(int)status}" : "passes";
                    // Whoever signs in with nothing gets 400 or 401 whatever the role: the endpoint was reached.
                    if (required == Anonymous && actual == "401") actual = "passes";
                    if (actual != expected)
                        wrong.Add($"{method} {Name(endpoint)} as {role}: {actual} instead of {expected} ({required})");
                }
            }
        }
        Assert.Empty(wrong);
    }

    private readonly Dictionary<string, string> _tokens = [], _emails = [];

    private async Task<HttpStatusCode> AskAsync(ApiInstances api, Account account, string role, string method, RouteEndpoint endpoint)
    {
        using var request = new HttpRequestMessage(new(method), Path(endpoint));
        if (role != Anonymous) request.Headers.Authorization = new("Bearer", await TokenAsync(api, account, role));
        if (method is not ("GET" or "DELETE")) request.Content = Responses.Json("{}");
        using var client = api.CreateClient();
        // A stream has no end.
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        // It ends the session that asks.
        if (request.RequestUri!.OriginalString.EndsWith("/logout", StringComparison.Ordinal)) _tokens.Remove(role);
        return response.StatusCode;
    }

    private async Task<string> TokenAsync(ApiInstances api, Account account, string role)
    {
        if (_tokens.TryGetValue(role, out var token)) return token;
        if (role == Roles.Operator) return _tokens[role] = await account.OperatorAsync(api.Database.Owner);
        if (!_emails.TryGetValue(role, out var email))
            _emails[role] = email = role == Roles.Owner ? account.Email : (await account.AddAsync(role)).Email;
        return _tokens[role] = (await account.Client.SignInAsync(email)).Access;
    }

    private static string Path(RouteEndpoint endpoint) => "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(
        segment => string.Concat(segment.Parts.Select(part => part switch
        {
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternSeparatorPart separator => separator.Content,
            RoutePatternParameterPart { Name: "documentName" } => "v1",
            _ => Guid.Empty.ToString(),
        }))));

    /// <summary>The role that is required, or "anonymous"; null when nobody decided.</summary>
    internal static string? Decision(RouteEndpoint endpoint)
        => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null ? Anonymous
            : endpoint.Metadata.GetMetadata<IAuthorizeData>() is not null ? endpoint.Metadata.GetMetadata<RequiredRole>()?.Role
            : null;

    internal static string Name(RouteEndpoint endpoint) => "/" + endpoint.RoutePattern.RawText?.TrimStart('/');

    /// <summary>The routes of the API's own program, built as it starts, without a database.</summary>
    internal static List<RouteEndpoint> Endpoints(string environment)
    {
        using var api = new Program(environment);
        return [.. api.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];
    }

    private sealed class Program(string environment) : WebApplicationFactory<Api::Program>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder) => builder
            .UseEnvironment(environment)
            .UseSetting("ConnectionStrings:scalehub", "Host=127.0.0.1;Port=1;Username=nobody;Database=none")
            .UseSetting("ConnectionStrings:redis", "127.0.0.1:1")
            .UseSetting("ScaleHub:Secret", PostgresServer.Secret);
    }
}
