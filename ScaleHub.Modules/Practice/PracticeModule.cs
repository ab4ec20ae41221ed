using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Idempotency;

namespace ScaleHub.Modules.Practice;

/// <summary>Patients, products, orders and exams of a practice. Each creation counts in a quota of the plan.</summary>
public sealed class PracticeModule : IModule
{
    /// <inheritdoc/>
    public string Name => "Practice";

    /// <inheritdoc/>
    public string Summary => "Patients, products, orders and exams of a practice.";

    // What somebody placed or recorded refers to a user.
    /// <inheritdoc/>
    public IReadOnlyList<string> Uses => ["Identity"];

    /// <inheritdoc/>
    public IReadOnlyList<EventType> Events => [OrderEvents.Placed, OrderEvents.Cancelled];

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        var practice = v1.MapGroup("").RequireRole(Roles.Member).WithIdempotency();

        var patients = practice.MapGroup("/patients");
        patients.MapPost("/", CreatePatient.HandleAsync).ProducesProblem(403);
        patients.MapGet("/", ListPatients.HandleAsync);
        patients.MapGet("/{id:guid}", GetPatient.HandleAsync);
        patients.MapDelete("/{id:guid}", DeletePatient.HandleAsync).InTransaction().ProducesProblem(409);

        var products = practice.MapGroup("/products");
        products.MapPost("/", CreateProduct.HandleAsync).ProducesProblem(403).ProducesProblem(409);
        products.MapGet("/", ListProducts.HandleAsync);
        products.MapGet("/{id:guid}", GetProduct.HandleAsync);
        products.MapDelete("/{id:guid}", DeleteProduct.HandleAsync).InTransaction().ProducesProblem(409);

        var orders = practice.MapGroup("/orders");
        orders.MapPost("/", CreateOrder.HandleAsync).ProducesProblem(403).ProducesProblem(409);
        orders.MapGet("/", ListOrders.HandleAsync);
        orders.MapGet("/{id:guid}", GetOrder.HandleAsync);
        orders.MapPost("/{id:guid}/cancel", CancelOrder.HandleAsync).ProducesProblem(409);

        var exams = practice.MapGroup("/exams");
        exams.MapPost("/", CreateExam.HandleAsync).ProducesProblem(403).ProducesProblem(409);
        exams.MapGet("/", ListExams.HandleAsync);
        exams.MapGet("/{id:guid}", GetExam.HandleAsync);
        exams.MapDelete("/{id:guid}", DeleteExam.HandleAsync).InTransaction();
    }
}
