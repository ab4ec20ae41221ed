namespace ScaleHub.LocalAspire;

/// <summary>
/// The graph cannot start, for a reason that the developer can mend. The message is one line that says what to do; it is
/// printed as it is, without a stack trace.
/// </summary>
internal class StartException(string message) : Exception(message);

/// <summary>Another AppHost, still alive, works in the same state directory.</summary>
internal sealed class AlreadyRunningException(int pid, string stateDirectory) : StartException(
    $"ScaleHub is already running (process {pid}) with the data in {stateDirectory}: stop it first (kill {pid}).")
{
    public int Pid { get; } = pid;
}
