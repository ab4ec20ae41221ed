namespace ScaleHub.Perf.Cache;

/// <summary>The tables.</summary>
internal static class Report
{
    private const int First = 68, Column = 16;

    public static void Head(string title, string last)
    {
        Console.WriteLine();
        Console.WriteLine(title.PadRight(First) + string.Concat(Contender.All.Select(c => c.Name.PadRight(Column))) + last);
    }

    public static void Line(string what, IEnumerable<string> cells, string last)
        => Console.WriteLine(what.PadRight(First) + string.Concat(cells.Select(c => c.PadRight(Column))) + last);

    /// <summary>Tries each fault with each contender: one after the other, or side by side when it must be quick.</summary>
    public static async Task FaultsAsync(bool quick)
    {
        var (faults, outages) = (new Faults(quick).All, new[] { (Name: "Redis killed", Frozen: false), (Name: "Redis frozen", Frozen: true) });
        var single = new Cell[faults.Count, Contender.All.Length];
        var outage = new Dictionary<string, Cell>[outages.Length, Contender.All.Length];
        var experiments = new List<Func<Task>>();
        for (var i = 0; i < Contender.All.Length; i++)
        {
            var c = i;
            for (var k = 0; k < outages.Length; k++)
            {
                var o = k;
                experiments.Add(async () => outage[o, c] = await Outage.RunAsync(Contender.All[c], outages[o].Frozen, quick));
            }
            for (var k = 0; k < faults.Count; k++)
            {
                var f = k;
                experiments.Add(async () =>
                {
                    single[f, c] = await faults[f].Try(Contender.All[c]);
                    // What is going on, for whoever waits for the table.
                    await Console.Error.WriteLineAsync($"{Contender.All[c].Name}: {faults[f].What}: {single[f, c]}");
                });
            }
        }
        await Parallel.ForEachAsync(
            experiments, new ParallelOptions { MaxDegreeOfParallelism = quick ? 8 : 1 }, async (experiment, _) => await experiment());

        Head("fault", "asked for");
        for (var o = 0; o < outages.Length; o++)
            foreach (var row in outage[o, 0].Keys)
                Line($"{outages[o].Name}: {row}", Enumerable.Range(0, Contender.All.Length).Select(c => $"{outage[o, c][row]}"), outage[o, 0][row].Asked);
        for (var f = 0; f < faults.Count; f++)
            Line(faults[f].What, Enumerable.Range(0, Contender.All.Length).Select(c => $"{single[f, c]}"), faults[f].Asked);
    }
}
