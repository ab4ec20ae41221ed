using System.Globalization;

namespace ScaleHub.Worker.Seeding;

/// <summary>What <c>seed</c> was asked to make.</summary>
/// <param name="Companies">How many, 1 to 1,000,000.</param>
/// <param name="Seed">Chooses among different data of the same size.</param>
/// <param name="Tasks">How many over all companies, at most 100,000,000; 100 for each company unless told.</param>
/// <param name="Password">Of every user; null has one made.</param>
internal sealed record SeedOptions(int Companies, int Seed, long Tasks, string? Password)
{
    public const string Usage = """
        Usage: ScaleHub.Worker seed --companies N --seed S [--tasks M] [--password P]

          --companies N   Companies to make, 1 to 1000000. Few are large, most are small.
          --seed S        A whole number. The same N, S and M give the same rows, down to identifiers and times.
          --tasks M       Tasks over all companies, 0 to 100000000; 100 x N by default.
          --password P    Password of every user, at least 12 characters; by default one is made and printed.

        Times lie in the two years before July 2026, so that they do not depend on the day of the run. An interrupted seed
        can be run again with the same N, S and M: companies that are there already are left as they are. A database with
        the data of another N, S or M is refused.
        """;

    private const int ShortestPassword = 12;

    /// <summary>Reads the arguments that follow <c>seed</c>; the second value is what is wrong with them.</summary>
    public static (SeedOptions? Options, string? Problem) Parse(ReadOnlySpan<string> args)
    {
        long? companies = null, seed = null, tasks = null;
        string? password = null;
        for (var i = 0; i < args.Length; i += 2)
        {
            var name = args[i];
            if (i + 1 == args.Length) return (null, $"{name} needs a value.");
            var (text, valid) = (args[i + 1], true);
            switch (name)
            {
                case "--companies": valid = Number(text, 1, 1_000_000, out companies); break;
                case "--seed": valid = Number(text, int.MinValue, int.MaxValue, out seed); break;
                case "--tasks": valid = Number(text, 0, 100_000_000, out tasks); break;
                case "--password": (password, valid) = (text, text.Length >= ShortestPassword); break;
                default: return (null, $"There is no option {name}.");
            }
            if (!valid) return (null, $"The value of {name} is not usable.");
        }
        if (companies is not { } n) return (null, "--companies is missing.");
        if (seed is not { } s) return (null, "--seed is missing.");
        return (new((int)n, (int)s, tasks ?? (100 * n), password), null);
    }

    private static bool Number(string text, long least, long most, out long? value)
    {
        var valid = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most;
        value = number;
        return valid;
    }
}
