namespace ScaleHub.Tests.Support;

/// <summary>
/// Tests that run one at a time when all others are done: those that kill a graph's primary, and those of time-outs that a
/// machine which is busy with other tests would miss by itself.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
