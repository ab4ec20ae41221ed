using Microsoft.Extensions.Logging;

namespace ScaleHub.AppHost.Servers;

/// <summary>
/// Promotes a standby in place of a lost primary, and keeps a deposed primary from coming back beside it. It uses SQL
/// alone, over the connection strings of the resources, so that it works for containers as for processes.
/// <para>Guarantee: with <c>--durability quorum</c> every acknowledged write is on the promoted node. Three steps keep it: the
/// command stops WAL streaming on the other standbys, so that a primary that merely hung can no longer reach its quorum; it
/// refuses if any standby has received more WAL than the target; and it refuses if a standby is unreachable, because that one
/// might have.</para>
/// <para>May be repeated: on the node that is the primary already it only lets the others follow it.</para>
/// </summary>
internal sealed class Failover(PostgresCluster cluster)
{
    public const string CommandName = "promote";

    /// <summary>Called before the configured primary starts: throws when a standby was promoted in its place.</summary>
    /// <exception cref="DistributedApplicationException">There is a primary already.</exception>
    public async Task RefuseTwoPrimariesAsync(CancellationToken ct)
    {
        var looks = await Task.WhenAll(cluster.Standbys.Select(r => new FailoverNode(r).LookAsync(ct)));
        if (looks.FirstOrDefault(l => l.IsPrimary) is { } promoted)
        {
            throw new DistributedApplicationException(
                $"{promoted.Node.Name} was promoted and is the primary now; {cluster.Primary.Name} beside it would be a second one. "
                + "docs/failover.md, 'Come back', says what to do.");
        }
    }

    /// <summary>Promotes a standby, or says why not.</summary>
    public async Task<ExecuteCommandResult> PromoteAsync(PostgresNode replica, ILogger logger, CancellationToken ct)
    {
        var others = cluster.Standbys.Where(r => r != replica).Select(r => new FailoverNode(r)).ToList();
        var looks = await Task.WhenAll(others.Prepend(new(replica)).Append(new(cluster.Primary)).Select(n => n.LookAsync(ct)));
        var target = looks[0];
        if (!target.Answers)
        {
            return CommandResults.Failure($"{replica.Name} does not answer ({target.Problem}).");
        }
        // A deposed primary that came back is not the present one.
        if (looks.Skip(1).FirstOrDefault(l => l.IsPrimary && l.Timeline >= target.Timeline) is { } primary)
        {
            return CommandResults.Failure(
                $"{primary.Node.Name} is the primary and answers: two primaries would accept different writes. Stop it first.");
        }
        if (looks.Skip(1).FirstOrDefault(l => l.IsAliveButBusy) is { } busy)
        {
            return CommandResults.Failure($"{busy.Node.Name} is alive, but does not accept connections ({busy.Problem}). "
                + "Wait until it does, or stop it.");
        }
        if (!target.IsPrimary && target.WantsQuorum && looks[1..^1].FirstOrDefault(l => !l.Answers) is { } missing)
        {
            return CommandResults.Failure(
                $"{missing.Node.Name} does not answer ({missing.Problem}): it may have acknowledged writes that {replica.Name} "
                + $"has not. Start it first; if it is lost for good, run 'select pg_promote()' on {replica.Name}.");
        }

        var standbys = looks[1..^1].Where(l => l.Answers && !l.IsPrimary).Select(l => l.Node).ToList();
        int? follow = null;
        try
        {
            if (!target.IsPrimary)
            {
                await Task.WhenAll(standbys.Select(s => s.StopReceivingAsync(ct)));
                var received = await Task.WhenAll(standbys.Prepend(target.Node).Select(n => n.LookAsync(ct)));
                var ahead = received.MaxBy(l => (l.Timeline, l.Position))!;
                if ((ahead.Timeline, ahead.Position).CompareTo((received[0].Timeline, received[0].Position)) > 0)
                {
                    return CommandResults.Failure($"{replica.Name} has received the log up to {received[0].Position}, "
                        + $"{ahead.Node.Name} up to {ahead.Position}: promote {ahead.Node.Name} instead.");
                }
                await target.Node.PromoteAsync(ct);
                logger.LogWarning("{Node} was promoted and is the primary now.", replica.Name);
            }
            // Also for those that do not answer now, and come later.
            await target.Node.CreateSlotsAsync(cluster.Standbys.Where(r => r != replica).Select(r => r.SlotName), ct);
            // The configured primary is the first of the nodes that standbys are told of; the replicas come in order.
            follow = cluster.Standbys.Index().First(r => r.Item == replica).Index + 1;
        }
        finally
        {
            // Whatever happened: they receive again.
            await Task.WhenAll(standbys.Select(s => s.ReceiveAsync(follow, CancellationToken.None)));
        }
        return CommandResults.Success();
    }
}
