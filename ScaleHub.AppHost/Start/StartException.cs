namespace ScaleHub.AppHost.Start;

/// <summary>
/// The graph cannot start, for a reason that the developer can mend. The message is one sentence that says what to do; it is
/// printed as it is, without a stack trace.
/// </summary>
internal sealed class StartException(string message) : Exception(message);
