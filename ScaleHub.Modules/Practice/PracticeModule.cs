using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Exports;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Concurrency;
using ScaleHub.Http.Idempotency;

namespace ScaleHub.Modules.Practice;

/// <summary>Patients, products, orders and exams of a practice. Each creation counts in a quota of the plan.</summary>
public sealed class PracticeModule : IModule
{
    /// <summary>
    /// The namespace of the cached list of products: whoever writes one says so before. What patients told the practice is not
    /// copied into caches.
    /// </summary>
    internal const string CachedProducts = "products";

    /// <inheritdoc/>
    public string Name => "Practice";

    /// <inheritdoc/>
    public string Summary => "Patients, products, orders and exams of a practice.";

    // What somebody placed or recorded refers to a user, and an exam to files.
    /// <inheritdoc/>
    public IReadOnlyList<string> Uses => ["Files", "Identity"];

    /// <inheritdoc/>
    public IReadOnlyList<EventType> Events => [OrderEvents.Placed, OrderEvents.Cancelled];

    /// <inheritdoc/>
    public void AddExports(ExportCatalogue exports) => exports
        .Add("patients", Roles.Member, db => db.Patients, p => p.Id, PatientResponse.Projection, p => p.Id)
        .Add("products", Roles.Member, db => db.Products, p => p.Id, ProductResponse.Projection, p => p.Id)
        .Add("stock-movements", Roles.Member, db => db.StockMovements, m => m.Id, StockMovementResponse.Projection, m => m.Id)
        .Add("orders", Roles.Member, db => db.Orders, o => o.Id, OrderSummary.Projection, o => o.Id)
        .Add("exams", Roles.Member, db => db.Exams, e => e.Id, ExamResponse.Projection, e => e.Id);

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        var practice = v1.MapGroup("").RequireRole(Roles.Member).WithIdempotency();

        var patients = practice.MapGroup("/patients");
        patients.MapPost("/", CreatePatient.HandleAsync).WithEntityTag().ProducesProblem(403);
        patients.MapGet("/", ListPatients.HandleAsync);
        patients.MapGet("/{id:guid}", GetPatient.HandleAsync).WithEntityTag();
        patients.MapPatch("/{id:guid}", UpdatePatient.HandleAsync).InTransaction().WithEntityTag();
        patients.MapDelete("/{id:guid}", DeletePatient.HandleAsync).InTransaction().ProducesProblem(409);

        var products = practice.MapGroup("/products");
        products.MapPost("/", CreateProduct.HandleAsync).WithEntityTag().ProducesProblem(403).ProducesProblem(409);
        products.MapGet("/", ListProducts.HandleAsync);
        products.MapGet("/{id:guid}", GetProduct.HandleAsync).WithEntityTag();
        products.MapPatch("/{id:guid}", UpdateProduct.HandleAsync).InTransaction().WithEntityTag().ProducesProblem(409);
        products.MapDelete("/{id:guid}", DeleteProduct.HandleAsync).InTransaction().ProducesProblem(409);
        products.MapPost("/{id:guid}/stock-movements", CreateStockMovement.HandleAsync).ProducesProblem(409);
        products.MapGet("/{id:guid}/stock-movements", ListStockMovements.HandleAsync);

        var orders = practice.MapGroup("/orders");
        orders.MapPost("/", CreateOrder.HandleAsync).WithEntityTag().ProducesProblem(403).ProducesProblem(409);
        orders.MapGet("/", ListOrders.HandleAsync);
        orders.MapGet("/{id:guid}", GetOrder.HandleAsync).WithEntityTag();
        orders.MapPatch("/{id:guid}", UpdateOrder.HandleAsync).InTransaction().WithEntityTag();
        orders.MapPost("/{id:guid}/status", MoveOrder.HandleAsync).WithEntityTag().ProducesProblem(409);
        orders.MapPost("/{id:guid}/cancel", CancelOrder.HandleAsync).WithEntityTag().ProducesProblem(409);

        var exams = practice.MapGroup("/exams");
        exams.MapPost("/", CreateExam.HandleAsync).WithEntityTag().ProducesProblem(403).ProducesProblem(409);
        exams.MapGet("/", ListExams.HandleAsync);
        exams.MapGet("/{id:guid}", GetExam.HandleAsync).WithEntityTag();
        exams.MapPatch("/{id:guid}", UpdateExam.HandleAsync).InTransaction().WithEntityTag();
        exams.MapDelete("/{id:guid}", DeleteExam.HandleAsync).InTransaction();

        var attachments = exams.MapGroup("/{id:guid}/attachments");
        attachments.MapPost("/", AttachToExam.HandleAsync).ProducesProblem(409);
        attachments.MapGet("/", ListExamAttachments.HandleAsync);
        attachments.MapGet("/{attachmentId:guid}", GetExamAttachment.HandleAsync);
        attachments.MapDelete("/{attachmentId:guid}", DeleteExamAttachment.HandleAsync).InTransaction();
    }
}
