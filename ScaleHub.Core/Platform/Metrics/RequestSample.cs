namespace ScaleHub.Core.Platform.Metrics;

/// <summary>A request that was answered.</summary>
/// <param name="CompanyId">Whose; <see cref="Guid.Empty"/> when nobody has signed in.</param>
/// <param name="UserId">Who made it, when it was a person; else <see cref="Guid.Empty"/>.</param>
/// <param name="Endpoint">What it asked for (<see cref="EndpointId"/>).</param>
/// <param name="Status">The answer's.</param>
/// <param name="Took">From the first byte to the end of the answer.</param>
/// <param name="Trace">Its trace's identifier; 0: it has none.</param>
public readonly record struct RequestSample(Guid CompanyId, Guid UserId, uint Endpoint, int Status, TimeSpan Took, UInt128 Trace = default);
