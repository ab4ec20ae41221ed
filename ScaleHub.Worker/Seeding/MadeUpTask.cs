namespace ScaleHub.Worker.Seeding;

/// <summary>A made-up task.</summary>
internal readonly record struct MadeUpTask(
    Guid Id, string Title, string? Description, string Status, DateTimeOffset? DueAt, Guid CreatedBy, Guid? AssigneeId,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>
    /// A company's tasks, oldest first. Each is at least a millisecond younger than the one before, so that the order of
    /// identifiers is the order of creation.
    /// </summary>
    public static IEnumerable<MadeUpTask> History(Dice dice, MadeUpCompany company, MadeUpUser[] users)
    {
        var (last, joined) = (company.CreatedAt, 1);
        for (long i = 0; i < company.TaskCount; i++)
        {
            // Companies grow busier: the exponent below one moves tasks towards the end.
            var at = MadeUpCompany.At(company.CreatedAt, 0.999 * Math.Pow((i + dice.Unit()) / company.TaskCount, 0.7));
            if (at <= last) at = last.AddMilliseconds(1);
            last = at;
            while (joined < users.Length && users[joined].CreatedAt <= at) joined++;
            yield return Make(ref dice, at, users.AsSpan(0, joined));
        }
    }

    private static MadeUpTask Make(ref Dice dice, DateTimeOffset at, ReadOnlySpan<MadeUpUser> staff)
    {
        var title = $"{dice.Pick(Words.Verbs)} {dice.Pick(Words.Objects)}";
        if (dice.Chance(0.6)) title = $"{title} {dice.Pick(Words.Contexts)}";
        var description = dice.Chance(0.3) ? null
            : dice.Chance(0.5) ? dice.Pick(Words.Remarks) : $"{dice.Pick(Words.Remarks)} {dice.Pick(Words.Remarks)}";

        DateTimeOffset? due = dice.Chance(0.7)
            ? new(at.Date.AddDays(1 + dice.Below(45)).AddHours(9 + dice.Below(9)), TimeSpan.Zero)
            : null;
        var ageDays = (MadeUpCompany.End - at).TotalDays;
        var (done, doing) = ageDays < 14 ? (0.2, 0.5) : ageDays < 90 ? (0.6, 0.8) : (0.92, 0.96);
        var throwOf = dice.Unit();
        var status = throwOf < done ? "done" : throwOf < doing ? "doing" : "todo";
        var untouched = status == "todo" && dice.Chance(0.8);
        // Changed some days later, but not after the end.
        var updated = untouched
            ? at
            : MadeUpCompany.At(at, Math.Min(1, 20 * dice.Unit() * dice.Unit() / Math.Max(ageDays, 0.001)));

        return new(dice.Uuid7(at), title, description, status, due,
            CreatedBy: Somebody(ref dice, staff), AssigneeId: dice.Chance(0.85) ? Somebody(ref dice, staff) : null, at, updated);
    }

    // A few people make most of the tasks.
    private static Guid Somebody(ref Dice dice, ReadOnlySpan<MadeUpUser> staff)
    {
        var unit = dice.Unit();
        return staff[(int)(unit * unit * staff.Length)].Id;
    }
}
