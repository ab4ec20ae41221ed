using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Http.Assets;

/// <summary>
/// The files of pages (folders <c>Assets</c> of the modules), each at an address that has its content's hash in it: <c>/assets/feed.HASH.css</c>.
/// <para>Guarantee: what is at such an address never changes, so it is kept for ever, by browsers and by every cache on the way
/// (<c>immutable</c>, RFC 8246). A page names its files as <c>asset:feed.css</c>; a page that names one which does not exist
/// keeps the program from starting.</para>
/// <para>Why not <c>MapStaticAssets</c>: it packs with Brotli when published only; in Development it says <c>no-cache</c>; and
/// from a build's output in any other environment it finds no files, and answers 200 with nothing. Here the same bytes and
/// headers come from every start in every folder. It depends on nothing that could fail.</para>
/// </summary>
public sealed partial class StaticAssets
{
    /// <summary>Where they are.</summary>
    public const string Path = "/assets";

    private const string Immutable = "public, max-age=31536000, immutable";

    private static readonly Dictionary<string, string> ContentTypes = new()
    {
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [".webp"] = "image/webp",
        [".png"] = "image/png",
    };

    private readonly Dictionary<string, StaticFile> _files = [];

    /// <summary>The files by their addresses, from <see cref="Path"/> on.</summary>
    private readonly Dictionary<string, string> _addresses = [];

    private readonly Assembly _assembly;

    /// <summary>Takes the files that are embedded in an assembly as <c>assets/…</c>.</summary>
    public StaticAssets(Assembly assembly)
    {
        _assembly = assembly;
        foreach (var name in assembly.GetManifestResourceNames())
        {
            if (!name.StartsWith("assets/", StringComparison.Ordinal)) continue;
            var extension = System.IO.Path.GetExtension(name);
            if (!ContentTypes.TryGetValue(extension, out var type)) continue;
            var (file, plain) = (new StaticFile(Read(name), type, Immutable), name["assets/".Length..]);
            var address = $"{Path}/{plain[..^extension.Length]}.{file.Hash}{extension}";
            _addresses[plain] = address;
            _files[address] = file;
        }
    }

    /// <summary>The address of a file, by its plain name.</summary>
    /// <exception cref="InvalidOperationException">There is no such file.</exception>
    public string AddressOf(string name) => _addresses.TryGetValue(name, out var address)
        ? address
        : throw new InvalidOperationException($"There is no file '{name}' in a folder Assets.");

    /// <summary>A page of the same folder, with the addresses of its files filled in.</summary>
    public StaticFile Page(string name, string cacheControl)
    {
        var html = Named().Replace(Encoding.UTF8.GetString(Read($"assets/{name}")), m => AddressOf(m.Groups[1].Value));
        return new(Encoding.UTF8.GetBytes(html), "text/html; charset=utf-8", cacheControl);
    }

    /// <summary>
    /// Maps one route for each file. Any other address is 404, and counts against the rate limit as unknown paths do. Requests
    /// for files are not counted: counting takes a call of Redis, which costs more than the file.
    /// </summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        var assets = routes.MapGroup("").AllowAnonymous().WithRateLimit(RateLimits.None).ExcludeFromDescription();
        foreach (var (address, file) in _files) assets.MapMethods(address, ["GET", "HEAD"], file.Answer);
    }

    private byte[] Read(string name)
    {
        using var resource = _assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"There is no page '{name}'.");
        var content = new byte[resource.Length];
        resource.ReadExactly(content);
        return content;
    }

    [GeneratedRegex(@"asset:([\w.-]+)")]
    private static partial Regex Named();
}
