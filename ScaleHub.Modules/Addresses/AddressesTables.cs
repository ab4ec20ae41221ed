using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Addresses;

/// <summary>The module's tables.</summary>
public static class AddressesTables
{
    extension(ScaleHubDb db)
    {
        /// <summary>The tenant's virtual addresses.</summary>
        public DbSet<VirtualAddress> Addresses => db.Set<VirtualAddress>();

        /// <summary>What came for them.</summary>
        public DbSet<MailItem> MailItems => db.Set<MailItem>();

        /// <summary>What of it is sent on.</summary>
        public DbSet<Forwarding> Forwardings => db.Set<Forwarding>();
    }

    extension(ReadDb db)
    {
        /// <summary>The tenant's virtual addresses.</summary>
        public IQueryable<VirtualAddress> Addresses => db.Set<VirtualAddress>();

        /// <summary>What came for them.</summary>
        public IQueryable<MailItem> MailItems => db.Set<MailItem>();

        /// <summary>What of it is sent on.</summary>
        public IQueryable<Forwarding> Forwardings => db.Set<Forwarding>();
    }
}
