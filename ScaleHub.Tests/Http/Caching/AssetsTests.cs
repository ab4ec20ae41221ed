using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Http.Caching;

/// <summary>The files of pages: from an instance, and from the balancer, which has them of an instance.</summary>
[Collection(GraphCollection.Name)]
public sealed class AssetsTests(GraphFixture graph)
{
    public static TheoryData<bool, string, string?> Codings
    {
        get
        {
            var data = new TheoryData<bool, string, string?>();
            foreach (var balanced in (bool[])[false, true])
            {
                data.Add(balanced, "gzip, deflate, br, zstd", "br");
                data.Add(balanced, "br;q=0.1", "br");
                data.Add(balanced, "br;q=0, GZIP;q=0.5", "gzip");
                data.Add(balanced, "gzip", "gzip");
                data.Add(balanced, "br;q=0, gzip;q=0.0", null);
                data.Add(balanced, "deflate, brr, xgzip, gzip2", null);
                data.Add(balanced, "identity", null);
                data.Add(balanced, "", null);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Codings))]
    public async Task A_file_comes_in_the_best_coding_that_is_accepted(bool balanced, string accepted, string? expected)
    {
        using var client = Client(balanced);
        var address = await client.AssetAsync("feed.css");

        using var response = await client.AskAsync(address, ("Accept-Encoding", accepted));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(expected, response.Header("Content-Encoding"));
        Assert.Equal("text/css; charset=utf-8", response.Header("Content-Type"));
        Assert.Equal("public, max-age=31536000, immutable", response.Header("Cache-Control"));
        Assert.Equal("Accept-Encoding", response.Header("Vary"));
        // The hash in the address is the content's, whatever the coding; the tag is the coding's own.
        var hash = address.Split('.')[^2];
        Assert.Equal(expected is null ? $"\"{hash}\"" : $"\"{hash}-{expected}\"", response.Header("ETag"));
        var content = await UnpackAsync(response, expected);
        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(content))[..16]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_has_a_file_is_not_sent_it_again(bool balanced)
    {
        using var client = Client(balanced);
        foreach (var path in (string[])[.. await client.AssetsAsync(), CachingSupport.Page])
        {
            using var first = await client.AskAsync(path, ("Accept-Encoding", "br"));
            using var second = await client.AskAsync(path, ("Accept-Encoding", "br"), ("If-None-Match", first.Header("ETag")!));
            using var other = await client.AskAsync(path, ("Accept-Encoding", "br"), ("If-None-Match", "\"other\""));

            Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
            Assert.Equal(first.Header("ETag"), second.Header("ETag"));
            Assert.Equal(first.Header("Cache-Control"), second.Header("Cache-Control"));
            Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        }
    }

    [Fact]
    public async Task Each_picture_is_there_as_WebP_and_smaller_than_as_PNG()
    {
        var pictures = (await graph.Client.AssetsAsync()).Where(a => a.StartsWith("/assets/tier-", StringComparison.Ordinal))
            .ToLookup(a => a.Split('.')[0]);
        Assert.Equal(5, pictures.Count);
        foreach (var picture in pictures)
        {
            using var webp = await graph.Client.AskAsync(picture.Single(a => a.EndsWith(".webp", StringComparison.Ordinal)));
            using var png = await graph.Client.AskAsync(picture.Single(a => a.EndsWith(".png", StringComparison.Ordinal)));
            Assert.Equal("image/webp", webp.Header("Content-Type"));
            Assert.Equal("image/png", png.Header("Content-Type"));
            // There is one of each, so nobody has to tell variants apart.
            Assert.Null(webp.Header("Vary"));
            Assert.True(webp.Content.Headers.ContentLength < png.Content.Headers.ContentLength);
        }
    }

    [Theory]
    [InlineData("/assets/feed.css")]
    [InlineData("/assets/feed.0123456789abcdef.css")]
    [InlineData("/assets/../feed.html")]
    [InlineData("/assets/%2e%2e/%2e%2e/appsettings.json")]
    public async Task What_is_no_file_is_not_found_and_not_kept(string path)
    {
        foreach (var _ in Enumerable.Range(0, 2))
        {
            using var response = await graph.Client.AskAsync(path);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            Assert.NotEqual("nginx; hit", response.CacheStatus());
            Assert.DoesNotContain("max-age", response.Header("Cache-Control") ?? "", StringComparison.Ordinal);
        }
    }

    private HttpClient Client(bool balanced)
        => balanced ? graph.CreateClient() : new HttpClient { BaseAddress = graph.Instances[0] };

    private static async Task<byte[]> UnpackAsync(HttpResponseMessage response, string? coding)
    {
        await using var body = await response.Content.ReadAsStreamAsync();
        await using Stream plain = coding switch
        {
            "br" => new BrotliStream(body, CompressionMode.Decompress),
            "gzip" => new GZipStream(body, CompressionMode.Decompress),
            _ => body,
        };
        using var content = new MemoryStream();
        await plain.CopyToAsync(content);
        return content.ToArray();
    }
}
