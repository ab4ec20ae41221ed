using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Cards;

/// <summary>The module's tables.</summary>
public static class CardsTables
{
    extension(ScaleHubDb db)
    {
        /// <summary>Packs that the tenant's users opened.</summary>
        public DbSet<CardPack> CardPacks => db.Set<CardPack>();

        /// <summary>The seeds of the packs that the tenant's users open next.</summary>
        public DbSet<NextSeed> NextSeeds => db.Set<NextSeed>();

        /// <summary>The tenant's users' cards.</summary>
        public DbSet<UserCard> Cards => db.Set<UserCard>();

        /// <summary>Cards that are shown in public, of all companies, also without a tenant; only the tenant's own can be added or removed.</summary>
        public DbSet<FeedEntry> Feed => db.Set<FeedEntry>();

        /// <summary>The tenant's users' cards on their way.</summary>
        public DbSet<Shipment> Shipments => db.Set<Shipment>();

        /// <summary>Which card is in which of them.</summary>
        public DbSet<ShipmentCard> ShipmentCards => db.Set<ShipmentCard>();
    }

    extension(ReadDb db)
    {
        /// <summary>Packs that the tenant's users opened.</summary>
        public IQueryable<CardPack> CardPacks => db.Set<CardPack>();

        /// <summary>The tenant's users' cards.</summary>
        public IQueryable<UserCard> Cards => db.Set<UserCard>();

        /// <summary>Cards that are shown in public, of all companies, also without a tenant; only the tenant's own can be added or removed.</summary>
        public IQueryable<FeedEntry> Feed => db.Set<FeedEntry>();

        /// <summary>The tenant's users' cards on their way.</summary>
        public IQueryable<Shipment> Shipments => db.Set<Shipment>();
    }
}
