using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Worker.Seeding;

/// <summary>A made-up user.</summary>
internal sealed record MadeUpUser(Guid Id, string Email, string Role, DateTimeOffset CreatedAt);

/// <summary>
/// One made-up company. Follows from the options and its index alone, so that companies can be made in any order, on any thread,
/// and again.
/// </summary>
internal sealed class MadeUpCompany
{
    /// <summary>When the history begins that is made up.</summary>
    public static readonly DateTimeOffset Begin = new(2024, 7, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>When it ends: fixed, because identifiers hold times, and the same options must give the same ones on any
    /// day.</summary>
    public static readonly DateTimeOffset End = new(2026, 7, 1, 0, 0, 0, TimeSpan.Zero);

    // The most users of each plan (docs/quotas.md).
    private static readonly (string Plan, int Users)[] Plans =
        [("FREE", 3), ("BASIC", 10), ("PROFESSIONAL", 50), ("ENTERPRISE", 1000)];

    // Coprime to the number of names, so that stepping by it visits each name once.
    private const int NameStep = 7919;

    private readonly SeedOptions _options;
    private readonly int _index;

    public MadeUpCompany(SeedOptions options, int index, long taskCount)
    {
        (_options, _index, TaskCount) = (options, index, taskCount);
        var dice = Dice.For(options.Companies, options.Seed, options.Tasks, index);
        // Large companies have mostly been there longer, and all leave some months for their tasks.
        CreatedAt = At(Begin, 0.8 * dice.Unit() * Math.Pow(dice.Unit(), taskCount > 1000 ? 2 : 0.5));
        Id = dice.Uuid7(CreatedAt);
        (Name, Slug) = NameOf(index);
        UserCount = Math.Clamp((int)(Math.Sqrt(taskCount) * (0.5 + (0.8 * dice.Unit()))), 1, Plans[^1].Users);
        var plan = Array.FindIndex(Plans, p => p.Users >= UserCount);
        // Some pay for more than they use.
        Plan = Plans[Math.Min(plan + (dice.Chance(0.1) ? 1 : 0), Plans.Length - 1)].Plan;
    }

    public Guid Id { get; }
    public string Name { get; }
    public string Slug { get; }
    public string Plan { get; }
    public DateTimeOffset CreatedAt { get; }
    public int UserCount { get; }
    public long TaskCount { get; }

    /// <summary>The users in the order in which they joined; the first is the owner.</summary>
    public MadeUpUser[] Users()
    {
        var dice = Dice.For(_options.Companies, _options.Seed, _options.Tasks, _index, 1);
        var users = new MadeUpUser[UserCount];
        var (firsts, lasts) = (Words.FirstNames.Length, Words.LastNames.Length);
        var start = dice.Below(firsts * lasts);
        for (var i = 0; i < users.Length; i++)
        {
            var name = (int)((start + ((long)i * NameStep)) % (firsts * lasts));
            var email = $"{Words.FirstNames[name % firsts]}.{Words.LastNames[name / firsts]}@{Slug}.example".ToLowerInvariant();
            // Staff grows over the first two thirds of the company's time.
            var at = i == 0 ? CreatedAt : At(CreatedAt, 0.66 * (i + dice.Unit()) / users.Length);
            var role = i == 0 ? Roles.Owner : dice.Chance(0.08) ? Roles.Admin : Roles.Member;
            users[i] = new(dice.Uuid7(at), email, role, at);
        }
        return users;
    }

    /// <summary>The tasks in the order of their creation, made one by one.</summary>
    public IEnumerable<MadeUpTask> Tasks(MadeUpUser[] users)
        => MadeUpTask.History(Dice.For(_options.Companies, _options.Seed, _options.Tasks, _index, 2), this, users);

    /// <summary>The address of the owner, without making the other users.</summary>
    public string OwnerEmail => Users()[0].Email;

    /// <summary>A moment between <paramref name="from"/> (0) and the end (1), in whole milliseconds as in a UUIDv7.</summary>
    internal static DateTimeOffset At(DateTimeOffset from, double part)
        => from.AddMilliseconds(Math.Floor((End - from).TotalMilliseconds * part));

    // The same for every seed: a second seed with other options meets the first one's addresses at once.
    private static (string Name, string Slug) NameOf(int index)
    {
        var (first, trade, form) = (Words.CompanyFirst.Length, Words.CompanyTrade.Length, Words.CompanyForm.Length);
        var all = first * trade * form;
        var (round, place) = (index / all, (int)((long)(index % all) * NameStep % all));
        var name = string.Join(' ',
            Words.CompanyFirst[place % first], Words.CompanyTrade[place / first % trade], Words.CompanyForm[place / first / trade]);
        if (round > 0) name = $"{name} {round + 1}";
        return (name, name.ToLowerInvariant().Replace(' ', '-'));
    }
}
