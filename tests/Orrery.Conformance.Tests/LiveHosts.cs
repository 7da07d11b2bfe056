using System.Collections.Concurrent;
using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Gic.Kvm;
using Xunit;

namespace Orrery.Conformance.Tests;

/// <summary>The emulated machines that the tests of this project share: one for each GIC, booted when first asked for.</summary>
public sealed class LiveHosts : IDisposable
{
    private readonly ConcurrentDictionary<VgicKind, EmulatedHost> _hosts = [];

    internal EmulatedHost For(VgicKind gic) => _hosts.GetOrAdd(gic, version =>
    {
        bool started = EmulatedHost.TryStart(new EmulatedHostOptions(version) { Processors = 2 }, out EmulatedHost? host, out string problem);
        Assert.True(started, problem);
        return host!;
    });

    public void Dispose()
    {
        foreach (EmulatedHost host in _hosts.Values)
        {
            host.Dispose();
        }
    }
}

/// <summary>Every live test belongs to it: one machine of each kind for the whole run, one test at a time.</summary>
[CollectionDefinition(Name)]
public sealed class LiveCollection : ICollectionFixture<LiveHosts>
{
    public const string Name = "live KVM";
}
