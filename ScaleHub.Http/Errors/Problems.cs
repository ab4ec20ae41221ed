using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;

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

    /// <summary>409: a thing cannot go where it is sent. Names where it is, and where it can go from there.</summary>
    /// <param name="thing">What it is: <c>order</c>.</param>
    /// <param name="state">Where it is.</param>
    /// <param name="allowed">Where the caller may send it from there.</param>
    public static ProblemHttpResult WrongState<T>(string thing, T state, IReadOnlyList<T> allowed) where T : struct, Enum
    {
        var names = string.Join(" or ", allowed.Select(EnumNames.Write));
        return Conflict(
            "status",
            $"The {thing} is {EnumNames.Write(state)}; " +
            (names.Length > 0 ? $"from there it can only become {names}." : "you cannot move it any more."),
            ("state", state), ("allowed", allowed));
    }

    /// <summary>404: the body names things that are not there, or are another company's.</summary>
    /// <param name="detail">What is missing.</param>
    /// <param name="errors">Members of the body, and what is wrong with each.</param>
    public static ProblemHttpResult NotFound(string detail, Dictionary<string, string[]> errors)
        => TypedResults.Problem(detail, statusCode: StatusCodes.Status404NotFound, extensions: [new("errors", errors)]);

    /// <summary>The member <c>errors</c> of a problem.</summary>
    public static KeyValuePair<string, object?> Errors(string member, string message)
        => new("errors", new Dictionary<string, string[]> { [member] = [message] });
}
