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
        var work = Enumerable.Range(0, Contender.All.Length).Select<int, Func<Task>>(c => async () =>
        {
            for (var o = 0; o < outages.Length; o++) outage[o, c] = await Outage.RunAsync(Contender.All[c], outages[o].Frozen, quick);
            for (var f = 0; f < faults.Count; f++) single[f, c] = await faults[f].Try(Contender.All[c]);
        });
        if (quick) await Task.WhenAll(work.Select(Task.Run));
        else foreach (var contender in work) await contender();

        Head("fault", "asked for");
        for (var o = 0; o < outages.Length; o++)
            foreach (var row in outage[o, 0].Keys)
                Line($"{outages[o].Name}: {row}", Enumerable.Range(0, Contender.All.Length).Select(c => $"{outage[o, c][row]}"), outage[o, 0][row].Asked);
        for (var f = 0; f < faults.Count; f++)
            Line(faults[f].What, Enumerable.Range(0, Contender.All.Length).Select(c => $"{single[f, c]}"), faults[f].Asked);
    }
}
