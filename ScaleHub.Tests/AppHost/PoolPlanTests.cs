using Microsoft.Extensions.Configuration;
using ScaleHub.AppHost.Servers;

namespace ScaleHub.Tests.AppHost;

public sealed class PoolPlanTests
{
    [Fact]
    public void The_pools_of_every_number_of_instances_fit_the_connections_of_one_server()
    {
        for (var instances = 1; instances <= 32; instances++)
        {
            var plan = PoolPlan.For(instances, new ConfigurationManager());
            // After a failover the primary is a node that each program has its pool for replicas to; each has a monitor besides.
            var most = (instances + 1) * (Math.Max(plan.Primary, plan.Replica) + 1);
            Assert.InRange(most, 1, PoolPlan.MaxConnections - 20);
            Assert.InRange(plan.Primary, 5, 20);
        }
    }

    [Fact]
    public void A_small_start_has_the_usual_pools_and_a_smaller_wish_is_kept()
    {
        Assert.Equal((20, 30, false), Plan(2));
        Assert.Equal((7, 7, true), Plan(32));
        Assert.Equal((4, 30, true), Plan(2, ("Postgres:Pool:Max", "4")));
        Assert.Equal((20, 92, true), Plan(2, ("Postgres:ReplicaPool:Max", "500")));
    }

    private static (int, int, bool) Plan(int instances, params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Name, (string?)s.Value)));
        var plan = PoolPlan.For(instances, configuration);
        return (plan.Primary, plan.Replica, plan.IsReduced);
    }
}
