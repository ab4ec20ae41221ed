using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Pgbench;

/// <summary>pgbench with a script, prepared statements, and the application's role, so that row-level security holds.</summary>
/// <param name="connectionString">The application's.</param>
/// <param name="scripts">Of which each transaction takes one.</param>
internal sealed partial class PgBench(string connectionString, params IReadOnlyList<string> scripts)
{
    private static int _turns;
    private readonly List<double> _rates = [];

    /// <summary>Transactions per second of the median turn.</summary>
    public double PerSecond => _rates.Order().ElementAt(_rates.Count / 2);

    /// <summary>One turn at a concurrency; what is not counted warms up.</summary>
    public async Task RunAsync(int clients, TimeSpan time, bool counts)
    {
        var said = await RunAsync(clients, time, log: null);
        if (counts) _rates.Add(double.Parse(Rate().Match(said).Groups[1].Value, CultureInfo.InvariantCulture));
    }

    /// <summary>One client's transactions, in milliseconds.</summary>
    public async Task<List<double>> TimesAsync(TimeSpan time)
    {
        var folder = Directory.CreateTempSubdirectory("scalehub-pgbench-").FullName;
        try
        {
            await RunAsync(1, time, Path.Combine(folder, "log"));
            // Client, transaction, microseconds and more.
            return [.. Directory.GetFiles(folder, "log*").SelectMany(File.ReadLines)
                .Select(line => double.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture) / 1000)];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<string> RunAsync(int clients, TimeSpan time, string? log)
    {
        var server = new NpgsqlConnectionStringBuilder(connectionString);
        List<string> files = [];
        try
        {
            foreach (var script in scripts)
            {
                files.Add(Path.GetTempFileName());
                await File.WriteAllTextAsync(files[^1], script);
            }
            string[] arguments =
            [
                "-n", "-M", "prepared", "-c", $"{clients}", "-j", $"{Math.Min(clients, Environment.ProcessorCount)}",
                "-T", $"{Math.Max(1, Math.Round(time.TotalSeconds))}", "-D", "seq=0", "-D", $"turn={Interlocked.Increment(ref _turns)}",
                .. log is null ? (string[])[] : ["-l", $"--log-prefix={log}"],
                .. files.SelectMany(f => (string[])["-f", f]),
            ];
            using var process = Process.Start(new ProcessStartInfo(await PostgresServer.FindProgramAsync("pgbench"), arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment =
                {
                    ["PGHOST"] = server.Host, ["PGPORT"] = $"{server.Port}", ["PGUSER"] = server.Username,
                    ["PGPASSWORD"] = server.Password, ["PGDATABASE"] = server.Database,
                },
            })!;
            var errors = process.StandardError.ReadToEndAsync();
            var said = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0 ? said : throw new RowException($"pgbench failed: {await errors}");
        }
        finally
        {
            foreach (var file in files) File.Delete(file);
        }
    }

    [GeneratedRegex(@"tps = ([\d.]+)")]
    private static partial Regex Rate();
}
