using ScaleHub.Api.Http;
using ScaleHub.Api.Http.Authentication;
using ScaleHub.Api.Http.Idempotency;
using ScaleHub.Core.Model.Identity;

namespace ScaleHub.Api.Modules.Practice;

/// <summary>Patients, products, orders and exams of a practice. Each creation counts in a quota of the plan.</summary>
public static class PracticeModule
{
    /// <summary>The routes under <c>/patients</c>, <c>/products</c>, <c>/orders</c> and <c>/exams</c>.</summary>
    public static void MapPractice(this IEndpointRouteBuilder api)
    {
        var practice = api.MapGroup("").WithTags("Practice").RequireRole(Roles.Member).WithIdempotency();

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
