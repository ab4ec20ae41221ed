using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Practice;

/// <summary>The module's tables.</summary>
public static class PracticeTables
{
    extension(ScaleHubDb db)
    {
        /// <summary>The tenant's patients.</summary>
        public DbSet<Patient> Patients => db.Set<Patient>();

        /// <summary>The tenant's products.</summary>
        public DbSet<Product> Products => db.Set<Product>();

        /// <summary>How the stock of the tenant's products changed.</summary>
        public DbSet<StockMovement> StockMovements => db.Set<StockMovement>();

        /// <summary>The tenant's orders.</summary>
        public DbSet<Order> Orders => db.Set<Order>();

        /// <summary>The tenant's exams.</summary>
        public DbSet<Exam> Exams => db.Set<Exam>();

        /// <summary>The files of the tenant's exams.</summary>
        public DbSet<ExamAttachment> ExamAttachments => db.Set<ExamAttachment>();
    }

    extension(ReadDb db)
    {
        /// <summary>The tenant's patients.</summary>
        public IQueryable<Patient> Patients => db.Set<Patient>();

        /// <summary>The tenant's products.</summary>
        public IQueryable<Product> Products => db.Set<Product>();

        /// <summary>How the stock of the tenant's products changed.</summary>
        public IQueryable<StockMovement> StockMovements => db.Set<StockMovement>();

        /// <summary>The tenant's orders.</summary>
        public IQueryable<Order> Orders => db.Set<Order>();

        /// <summary>The tenant's exams.</summary>
        public IQueryable<Exam> Exams => db.Set<Exam>();

        /// <summary>The files of the tenant's exams.</summary>
        public IQueryable<ExamAttachment> ExamAttachments => db.Set<ExamAttachment>();
    }
}
