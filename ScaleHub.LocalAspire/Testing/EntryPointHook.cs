using System.Reflection;
using Aspire.Hosting;

namespace ScaleHub.LocalAspire;

/// <summary>
/// How a test gets hold of the application that an AppHost's entry point describes: the entry point runs in process, on a
/// thread that carries this hook, halts in <c>Build</c> until the test asks for the application, and then in <c>Run</c>
/// until it has ended. The hook flows with the execution context, so that several can run side by side.
/// </summary>
internal sealed class EntryPointHook(Assembly assembly)
{
    private static readonly AsyncLocal<EntryPointHook?> OfThisFlow = new();

    private readonly TaskCompletionSource<DistributedApplicationBuilder> _builder = New<DistributedApplicationBuilder>();
    private readonly TaskCompletionSource<DistributedApplication> _built = New<DistributedApplication>();
    private readonly TaskCompletionSource _mayBuild = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static EntryPointHook? Current => OfThisFlow.Value;

    public Assembly Assembly => assembly;

    public Task Ended => _ended.Task;

    public Task<DistributedApplicationBuilder> Builder => _builder.Task;

    /// <summary>Starts the entry point.</summary>
    public void Begin(string[] args)
    {
        var entry = assembly.EntryPoint ?? throw new InvalidOperationException($"{assembly.GetName().Name} has no entry point.");
        // A thread of its own: the entry point blocks for as long as the application lives.
        new Thread(() =>
        {
            OfThisFlow.Value = this;
            try
            {
                entry.Invoke(null, entry.GetParameters().Length == 0 ? null : [args]);
                Fail(new InvalidOperationException("The entry point ended without building an application."));
            }
            catch (TargetInvocationException failure)
            {
                Fail(failure.InnerException!);
            }
        })
        { IsBackground = true, Name = assembly.GetName().Name }.Start();
    }

    public void OnBuilding(DistributedApplicationBuilder builder)
    {
        _builder.TrySetResult(builder);
        _mayBuild.Task.GetAwaiter().GetResult();
    }

    public void OnBuilt(DistributedApplication app) => _built.TrySetResult(app);

    public Task<DistributedApplication> BuildAsync()
    {
        _mayBuild.TrySetResult();
        return _built.Task;
    }

    public void End() => _ended.TrySetResult();

    private void Fail(Exception failure)
    {
        _builder.TrySetException(failure);
        _built.TrySetException(failure);
    }

    private static TaskCompletionSource<T> New<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
