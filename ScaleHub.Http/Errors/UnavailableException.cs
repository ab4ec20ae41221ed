namespace ScaleHub.Http.Errors;

/// <summary>Something cannot be done at the moment, and can shortly: 503 with <c>Retry-After</c>.</summary>
/// <param name="detail">For the client: what, and what to do.</param>
/// <param name="cause">What failed.</param>
public class UnavailableException(string detail, Exception? cause = null) : Exception(detail, cause);
