namespace ScaleHub.Worker.Seeding;

/// <summary>
/// How the tasks spread over the companies: the company of rank r gets a share in proportion to 1/r (Zipf's law), so that of
/// 10,000 companies the first has a tenth of everything and the median twenty of a million.
/// </summary>
internal sealed class SeedPlan
{
    /// <summary>Companies are written in batches of about so many tasks, each in one transaction.</summary>
    private const int TasksPerBatch = 20_000;

    private readonly SeedOptions _options;
    private readonly double _sumOfShares;
    private readonly long _left;

    public SeedPlan(SeedOptions options)
    {
        _options = options;
        for (var rank = options.Companies; rank >= 1; rank--) _sumOfShares += 1.0 / rank;
        _left = options.Tasks - Enumerable.Range(0, options.Companies).Sum(Share);
    }

    /// <summary>The company of an index from 0 on; 0 is the largest.</summary>
    public MadeUpCompany Company(int index) => new(_options, index, TasksOf(index));

    /// <summary>All companies, a few at a time.</summary>
    public IEnumerable<List<MadeUpCompany>> Batches()
    {
        List<MadeUpCompany> batch = [];
        long tasks = 0;
        for (var index = 0; index < _options.Companies; index++)
        {
            var company = Company(index);
            batch.Add(company);
            tasks += company.TaskCount;
            if (tasks < TasksPerBatch && batch.Count < TasksPerBatch / 10) continue;
            yield return batch;
            (batch, tasks) = ([], 0);
        }
        if (batch.Count > 0) yield return batch;
    }

    // Rounding down leaves less than one task per company; the first ones get those.
    private long TasksOf(int index) => Share(index) + (index < _left ? 1 : 0);

    private long Share(int index) => (long)(_options.Tasks / _sumOfShares / (index + 1));
}
