using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Practice;

/// <summary>
/// Rows that stay as they are read until the transaction ends; null where there is none. Others may refer to them meanwhile
/// (<c>for no key update</c>). Who locks an order and its products locks the order first.
/// </summary>
internal static class PracticeLocks
{
    public static Task<Patient?> LockPatientAsync(this ScaleHubDb db, Guid id, CancellationToken cancellationToken)
        => db.Patients.FromSql($"select * from patients where id = {id} for no key update")
            .SingleOrDefaultAsync(cancellationToken);

    public static Task<Exam?> LockExamAsync(this ScaleHubDb db, Guid id, CancellationToken cancellationToken)
        => db.Exams.FromSql($"select * from exams where id = {id} for no key update")
            .SingleOrDefaultAsync(cancellationToken);

    /// <summary>An order with its lines.</summary>
    public static Task<Order?> LockOrderAsync(this ScaleHubDb db, Guid id, CancellationToken cancellationToken)
        => db.Orders.FromSql($"select * from orders where id = {id} for no key update").Include(o => o.Lines)
            .SingleOrDefaultAsync(cancellationToken);

    /// <summary>
    /// The products, whose stock nobody else changes; what does not exist is left out. Always in the order of their ids, so that
    /// two orders of the same products wait for each other and never in a circle.
    /// </summary>
    public static Task<Dictionary<Guid, Product>> LockProductsAsync(
        this ScaleHubDb db, IEnumerable<Guid> productIds, CancellationToken cancellationToken)
    {
        var ids = productIds.ToArray();
        return db.Products.FromSql($"select * from products where id = any({ids}) order by id for no key update")
            .ToDictionaryAsync(p => p.Id, cancellationToken);
    }
}
