using System.Globalization;

namespace ScaleHub.Worker.Sizing;

/// <summary>What <c>size</c> was asked to reckon for.</summary>
internal sealed record SizeOptions
{
    public const string Usage = """
        Usage: ScaleHub.Worker size --companies N --requests-per-second R [options]

          --companies N              Companies, 1 to 10000000.
          --requests-per-second R    At the busiest time, 1 to 1000000.
          --users N                  Users of a company who are signed in at that time; 3 by default.
          --writes N                 Of a hundred requests, how many write; 20 by default.
          --cached N                 Of a hundred reads, how many the cache answers; 80 by default.
          --peak N                   The busiest time has N times the average; 4 by default.
          --cores N                  Cores of each server, 1 to 128; 2 by default.
          --speed N                  A core does N times what a core of docs/capacity.md does; 1 by default.

        Prints how many servers, which pools, how much memory and disk. Reckons with the costs of docs/capacity.md, which says
        how to measure them on other machines; needs no database.
        """;

    public int Companies { get; private set; }

    public int RequestsPerSecond { get; private set; }

    public int Users { get; private set; } = 3;

    public double Writes { get; private set; } = 0.2;

    public double Cached { get; private set; } = 0.8;

    public double Peak { get; private set; } = 4;

    public int Cores { get; private set; } = 2;

    public double Speed { get; private set; } = 1;

    /// <summary>Reads the arguments that follow <c>size</c>; the second value is what is wrong with them.</summary>
    public static (SizeOptions? Options, string? Problem) Parse(ReadOnlySpan<string> args)
    {
        var options = new SizeOptions();
        for (var i = 0; i < args.Length; i += 2)
        {
            var name = args[i];
            if (i + 1 == args.Length) return (null, $"{name} needs a value.");
            // "NaN" and "1e3" are none that anybody means.
            var isNumber = double.TryParse(args[i + 1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value);
            var valid = isNumber && name switch
            {
                "--companies" => Whole(value, 1, 10_000_000),
                "--requests-per-second" => Whole(value, 1, 1_000_000),
                "--users" => Whole(value, 1, 100_000),
                "--writes" or "--cached" => value is >= 0 and <= 100,
                "--peak" => value is >= 1 and <= 1000,
                "--cores" => Whole(value, 1, 128),
                "--speed" => value is >= 0.1 and <= 10,
                _ => true,
            };
            switch (name)
            {
                case "--companies": options.Companies = (int)value; break;
                case "--requests-per-second": options.RequestsPerSecond = (int)value; break;
                case "--users": options.Users = (int)value; break;
                case "--writes": options.Writes = value / 100; break;
                case "--cached": options.Cached = value / 100; break;
                case "--peak": options.Peak = value; break;
                case "--cores": options.Cores = (int)value; break;
                case "--speed": options.Speed = value; break;
                default: return (null, $"There is no option {name}.");
            }
            if (!valid) return (null, $"The value of {name} is not usable.");
        }
        if (options.Companies == 0) return (null, "--companies is missing.");
        return options.RequestsPerSecond == 0 ? (null, "--requests-per-second is missing.") : (options, null);
    }

    private static bool Whole(double value, int least, int most) => value >= least && value <= most && value == Math.Floor(value);
}
