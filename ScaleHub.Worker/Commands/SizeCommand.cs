using System.Globalization;
using ScaleHub.Worker.Sizing;

namespace ScaleHub.Worker.Commands;

/// <summary><c>size</c>: says what a load needs; <see cref="SizeOptions.Usage"/> says how.</summary>
internal static class SizeCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["--help" or "-h"])
        {
            Console.WriteLine(SizeOptions.Usage);
            return 0;
        }
        var (options, problem) = SizeOptions.Parse(args);
        if (options is null)
        {
            await Console.Error.WriteLineAsync($"{problem}{Environment.NewLine}{SizeOptions.Usage}");
            return 2;
        }
        Console.WriteLine(Describe(options, Size.Of(options)));
        return 0;
    }

    internal static string Describe(SizeOptions options, Size size)
    {
        List<string> lines =
        [
            Line($"For {options.Companies:N0} companies and {options.RequestsPerSecond:N0} requests/s; {options.Writes * 100:0.#} % write,"),
            Line($"and the cache answers {options.Cached * 100:0.#} % of the reads:"),
            "",
            Line($"API instances     {size.Instances} with {Cores(options.Cores)} each      --instances {size.Instances}"),
            Line($"PostgreSQL        a primary with {Cores(Math.Max(1, (int)Math.Ceiling(size.PrimaryCores)))}"),
            Line($"                  {Standbys(size.Standbys, options.Cores)}"),
            Line($"Redis             {Bytes(size.RedisBytes)} of memory, {size.RedisCores:0.00} of a core"),
            Line($"Pools             Postgres__Pool__Max={size.Pool}, Postgres__ReplicaPool__Max={size.ReplicaPool} in each instance"),
            Line($"Disk              {Bytes(size.DiskBytesPerMonth)} more a month on each database server"),
        ];
        if (!size.Fits)
        {
            lines.Add("");
            lines.Add("The pools of all programs together are more than the 300 connections of one server. Raise max_connections, or put "
                + "PgBouncer in between and set Postgres__Pooler=Transaction.");
        }
        if (size.IsBeyondOnePrimary)
        {
            lines.Add("");
            lines.Add("That is more than one primary can write. Companies have to be spread over several databases: see deploy/citus.");
        }
        if (size.IsBeyondOneRedis)
        {
            lines.Add("");
            lines.Add("That is more than one Redis can do. All keys of a company share a hash tag, so a cluster spreads companies over its nodes.");
        }
        lines.Add("");
        lines.Add(Line($"Each server uses {Costs.Utilisation * 100:0} % of its cores then. The costs are those of docs/capacity.md; measure yours."));
        return string.Join(Environment.NewLine, lines);
    }

    private static string Standbys(int count, int cores) => count == 1 ? $"a standby with {Cores(cores)}" : Line($"{count} standbys with {Cores(cores)} each");

    private static string Cores(int count) => count == 1 ? "1 core" : Line($"{count} cores");

    private static string Bytes(long bytes)
        => bytes >= 1L << 30 ? Line($"{bytes / (double)(1L << 30):0.0} GiB") : Line($"{Math.Max(1, bytes >> 20)} MiB");

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
