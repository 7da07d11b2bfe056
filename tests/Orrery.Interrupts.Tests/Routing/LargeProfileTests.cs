using Orrery.Interrupts.Routing;
using Xunit;

namespace Orrery.Interrupts.Tests.Routing;

/// <summary>Two machines on one CPU: a class of its own, so that it runs beside the other large one.</summary>
public class TwoMachinesTests
{
    [Theory]
    [InlineData(RoutingProfile.Repaired)]
    [InlineData(RoutingProfile.Upstream)]
    public void Everything_holds(RoutingProfile profile) =>
        ProfileTests.AssertHolds(profile, RoutingOptions.For(machines: 2));
}

/// <summary>Two vCPUs on two CPUs.</summary>
public class TwoVcpusTests
{
    [Theory]
    [InlineData(RoutingProfile.Repaired)]
    [InlineData(RoutingProfile.Upstream)]
    public void Everything_holds(RoutingProfile profile) =>
        ProfileTests.AssertHolds(profile, RoutingOptions.For(vcpusPerMachine: 2, hostCpus: 2));
}
