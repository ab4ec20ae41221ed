using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Exports;

/// <summary>"Everything that a company has" is everything: a new table is in the export, or says here why it is not.</summary>
[Collection(PostgresTests.Name)]
public sealed class ExportCatalogueTests(PostgresServer server)
{
    private static readonly Dictionary<string, string> NotExported = new()
    {
        ["BillingAccount"] = "it has the provider's name of a card, and counters",
        ["CardPack"] = "its cards are exported, with the pack they are of",
        ["CreditNote"] = "it is in its invoice",
        ["ExamAttachment"] = "the files themselves are in the export",
        ["InvoiceLine"] = "it is in its invoice",
        ["Job"] = "work of the platform, kept for days",
        ["JobView"] = "work of the platform, kept for days",
        ["Login"] = "the address is the user's",
        ["MailScan"] = "the files themselves are in the export",
        ["NextSeed"] = "it is secret until it is used",
        ["NotificationPreference"] = "what a user chose for the mails of this product",
        ["OneTimeToken"] = "a link on its way",
        ["OrderLine"] = "it is in its order",
        ["Payment"] = "it is in its invoice",
        ["Session"] = "a device that is signed in; it ends by itself",
        ["ShipmentCard"] = "it is in its shipment",
        ["StoredFile"] = "the files themselves are in the export",
        ["Subscription"] = "what it cost is in invoices",
        ["UserTotp"] = "a secret",
    };

    [Fact]
    public async Task Every_table_of_a_company_is_exported_or_says_why_not()
    {
        await using var host = await PlatformHost.StartAsync(await server.CreateDatabaseAsync());
        await using var scope = host.Scope(Guid.NewGuid());
        var entities = scope.ServiceProvider.GetRequiredService<ScaleHubDb>().Model.GetEntityTypes().Select(e => e.ClrType)
            .Where(typeof(ITenantEntity).IsAssignableFrom).ToList();
        var exported = ModuleList.Exports.Lists.Values.Select(l => l.Entity).ToHashSet();
        Assert.Equal(
            NotExported.Keys.Order(StringComparer.Ordinal),
            entities.Where(e => !exported.Contains(e)).Select(e => e.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_list_can_be_read()
    {
        await using var host = await PlatformHost.StartAsync(await server.CreateDatabaseAsync());
        foreach (var list in ModuleList.Exports.Lists.Values)
        {
            await using var scope = host.Scope(Guid.NewGuid());
            var db = scope.ServiceProvider.GetRequiredService<ReadDb>();
            Assert.Equal(0, await list.CountAsync(db, default));
            Assert.Equal(0, (await list.PageAsync(db, Guid.Empty, 10, default)).Count);
            Assert.Contains("id", list.Columns);
            Assert.DoesNotContain(list.Columns, c => c.EndsWith("hash", StringComparison.OrdinalIgnoreCase) || c.EndsWith("secret", StringComparison.OrdinalIgnoreCase));
        }
    }
}
