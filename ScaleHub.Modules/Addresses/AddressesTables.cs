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

        /// <summary>The files with what is in it.</summary>
        public DbSet<MailScan> MailScans => db.Set<MailScan>();

        /// <summary>What of it is sent on.</summary>
        public DbSet<Forwarding> Forwardings => db.Set<Forwarding>();
    }

    extension(ReadDb db)
    {
        /// <summary>The tenant's virtual addresses.</summary>
        public IQueryable<VirtualAddress> Addresses => db.Set<VirtualAddress>();

        /// <summary>What came for them.</summary>
        public IQueryable<MailItem> MailItems => db.Set<MailItem>();

        /// <summary>The files with what is in it.</summary>
        public IQueryable<MailScan> MailScans => db.Set<MailScan>();

        /// <summary>What of it is sent on.</summary>
        public IQueryable<Forwarding> Forwardings => db.Set<Forwarding>();
    }
}
