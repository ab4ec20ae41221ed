using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Secrets;

namespace ScaleHub.Modules.Cards;

/// <summary>The seeds that are chosen for packs to come.</summary>
internal static class NextSeeds
{
    /// <summary>
    /// The seed of the user's next pack, its row locked until the transaction ends: of two packs that are opened at once, each
    /// has its own. One that is missing, or that nobody can read since ScaleHub:Secret was changed, is chosen now.
    /// </summary>
    public static async Task<(NextSeed Row, byte[] Seed)> LockNextSeedAsync(
        this ScaleHubDb db, SecretBox secrets, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (companyId, userId) = (db.Tenant.RequiredCompanyId, db.Tenant.RequiredUserId);
        var locked = db.NextSeeds.FromSql($"select * from user_next_seeds where user_id = {userId} for update");
        var row = await locked.SingleOrDefaultAsync(cancellationToken);
        if (row is null)
        {
            var made = new NextSeed { CompanyId = companyId, UserId = userId };
            made.Renew(secrets, now);
            // Not audited, as the class says. Of two who find none, one's is kept, and both use that.
            await db.Database.ExecuteSqlAsync($"""
                insert into user_next_seeds (company_id, user_id, sealed_seed, created_at)
                values ({companyId}, {userId}, {made.SealedSeed}, {made.CreatedAt}) on conflict (company_id, user_id) do nothing
                """, cancellationToken);
            row = await locked.SingleAsync(cancellationToken);
        }
        var seed = row.Reveal(secrets);
        if (seed is null)
        {
            seed = row.Renew(secrets, now);
            await db.SaveChangesAsync(cancellationToken);
        }
        return (row, seed);
    }
}
