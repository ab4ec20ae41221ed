using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>The module's tables.</summary>
public static class IdentityTables
{
    extension(ScaleHubDb db)
    {
        /// <summary>The tenant's users, those that were removed among them.</summary>
        public DbSet<User> Users => db.Set<User>();

        /// <summary>The tenant's sign-in addresses.</summary>
        public DbSet<Login> Logins => db.Set<Login>();

        /// <summary>The tenant's sessions.</summary>
        public DbSet<Session> Sessions => db.Set<Session>();

        /// <summary>Links that were sent to the tenant's users.</summary>
        public DbSet<OneTimeToken> OneTimeTokens => db.Set<OneTimeToken>();

        /// <summary>The tenant's keys for machines.</summary>
        public DbSet<ApiKey> ApiKeys => db.Set<ApiKey>();

        /// <summary>Who was asked to join the tenant.</summary>
        public DbSet<Invitation> Invitations => db.Set<Invitation>();

        /// <summary>Keys that sign access tokens; the same for all tenants.</summary>
        public DbSet<SigningKey> SigningKeys => db.Set<SigningKey>();

        /// <summary>The user who has an e-mail address, in whichever company; for sign-in, before a company is known.</summary>
        public IQueryable<FoundLogin> FindLogin(string email)
            => db.Set<FoundLogin>().FromSql($"select * from find_login({Login.Normalize(email)})");
    }

    extension(ReadDb db)
    {
        /// <summary>The tenant's users, those that were removed among them.</summary>
        public IQueryable<User> Users => db.Set<User>();

        /// <summary>The tenant's sessions.</summary>
        public IQueryable<Session> Sessions => db.Set<Session>();

        /// <summary>The tenant's keys for machines.</summary>
        public IQueryable<ApiKey> ApiKeys => db.Set<ApiKey>();

        /// <summary>Who was asked to join the tenant.</summary>
        public IQueryable<Invitation> Invitations => db.Set<Invitation>();
    }
}
