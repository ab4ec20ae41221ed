using Microsoft.AspNetCore.Http.HttpResults;

namespace ScaleHub.Http.Errors;

/// <summary>Answers of handlers that name a member, as validation does: <c>errors</c> says what is wrong with it.</summary>
public static class Problems
{
    /// <summary>409: the request is well formed, and what there is now does not allow it.</summary>
    /// <param name="member">The member's name in the body.</param>
    /// <param name="detail">What is in the way.</param>
    /// <param name="more">Other members of the problem, for programs.</param>
    public static ProblemHttpResult Conflict(string member, string detail, params (string Name, object? Value)[] more)
        => TypedResults.Problem(detail, statusCode: StatusCodes.Status409Conflict,
            extensions: [Errors(member, detail), .. more.Select(m => KeyValuePair.Create(m.Name, m.Value))]);

    /// <summary>404: the body names things that are not there, or are another company's.</summary>
    /// <param name="detail">What is missing.</param>
    /// <param name="errors">Members of the body, and what is wrong with each.</param>
    public static ProblemHttpResult NotFound(string detail, Dictionary<string, string[]> errors)
        => TypedResults.Problem(detail, statusCode: StatusCodes.Status404NotFound, extensions: [new("errors", errors)]);

    /// <summary>The member <c>errors</c> of a problem.</summary>
    public static KeyValuePair<string, object?> Errors(string member, string message)
        => new("errors", new Dictionary<string, string[]> { [member] = [message] });
}
