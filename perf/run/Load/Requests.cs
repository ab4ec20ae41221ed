using System.Text.Json;

namespace ScaleHub.Perf.Run.Load;

/// <summary>Different requests for wrk: a Lua script over a file with a line for each, which every thread goes through from another place.</summary>
internal sealed class Requests : IDisposable
{
    private readonly string _file = Path.GetTempFileName(), _script = Path.GetTempFileName();

    private Requests(int count) => Count = count;

    /// <summary>How many there are; then the first comes again.</summary>
    public int Count { get; }

    /// <summary>The script.</summary>
    public string Script => _script;

    /// <summary>Reads: each a path with the token of whoever asks.</summary>
    public static Requests Get(IReadOnlyList<(string Path, string Token)> requests) => Write(requests, "GET", "nil", "");

    /// <summary>Creations at a path, each by the bearer of a token in turn, with a key of its own.</summary>
    public static Requests Post(string path, IReadOnlyList<string> tokens, object body) => Write([.. tokens.Select(t => (path, t))], "POST",
        $"[=[{JsonSerializer.Serialize(body)}]=]", """
            wrk.headers["Content-Type"] = "application/json"
            wrk.headers["Idempotency-Key"] = run .. "-" .. id .. "-" .. count
        """);

    public void Dispose()
    {
        File.Delete(_file);
        File.Delete(_script);
    }

    private static Requests Write(IReadOnlyList<(string Path, string Token)> requests, string method, string body, string headers)
    {
        var made = new Requests(requests.Count);
        File.WriteAllLines(made._file, requests.Select(r => $"{r.Path} {r.Token}"));
        File.WriteAllText(made._script, $$"""
            local threads, all = 0, {}
            run = os.time() .. "-" .. math.random(1000000000)
            function setup(thread)
              thread:set("id", threads)
              thread:set("run", run)
              threads = threads + 1
            end
            function init(args)
              for line in io.lines("{{made._file}}") do
                local path, token = line:match("(%S+) (%S+)")
                all[#all + 1] = { path, "Bearer " .. token }
              end
              -- Threads do not meet before each has had its share.
              at = math.floor(#all * id / {{Wrk.Threads}})
              count = 0
            end
            function request()
              at = at % #all + 1
              count = count + 1
              wrk.headers["Authorization"] = all[at][2]
            {{headers}}
              return wrk.format("{{method}}", all[at][1], nil, {{body}})
            end
            """);
        return made;
    }
}
