using Orrery.Lab.Files;
using Orrery.Simulation;
using Xunit;

namespace Orrery.Lab.Tests.Files;

public class LabFileTests
{
    private static LabDefinition Read(string text, LabFileOptions? options = null)
    {
        LabFileResult result = LabFile.Parse(text, "lab.yaml", options);
        Assert.DoesNotContain(result.Diagnostics, d => !d.IsWarning);
        return Assert.IsType<LabDefinition>(result.Lab);
    }

    [Fact]
    public void The_lab_of_the_design_page()
    {
        LabDefinition lab = Read("""
            lab: two machines on a wire
            seed: 42
            start: 2026-01-01T00:00:00Z
            nodes:
              client: { kind: linux, memory: 64M, run: ping -c 1000 server }
              server: { kind: linux, address: 10.0.0.2/24 }
            links:
              - between: [client, server]
                delay: 5ms
            capture: true
            until: client exits
            """);
        Assert.Equal("two machines on a wire", lab.Title);
        Assert.Equal(42UL, lab.Seed);
        Assert.Equal(LabDefinition.DefaultStartUnixNs, lab.StartUnixNs);
        Assert.Equal(new LabEnd.NodeExits(0, "client"), lab.Until);

        var client = Assert.IsType<LinuxNode>(lab.Nodes[0]);
        Assert.Equal(64UL << 20, client.MemoryBytes);
        Assert.Equal("ping -c 1000 server", Assert.Single(client.Run));
        InterfaceDefinition eth0 = Assert.Single(client.Interfaces);
        Assert.Equal(("eth0", "02:00:00:01:00:00", 0), (eth0.Name, eth0.Mac.ToString(), eth0.Network));
        Assert.Equal(["10.0.0.1/24", "fd00:0:0:1::1/64"], eth0.Addresses.Select(a => a.ToString()));
        Assert.Equal(["10.0.0.2/24", "fd00:0:0:1::2/64"], lab.Nodes[1].Interfaces[0].Addresses.Select(a => a.ToString()));

        var wire = Assert.IsType<LinkDefinition>(Assert.Single(lab.Networks));
        Assert.Equal(("client-server", SimDuration.FromMilliseconds(5), true), (wire.Name, wire.Delay, wire.Capture));
        Assert.Equal([new PortReference(0, 0), new PortReference(1, 0)], wire.Ports.AsEnumerable());
        Assert.Equal(["client 10.0.0.1", "client fd00:0:0:1::1", "server 10.0.0.2", "server fd00:0:0:1::2"],
            lab.HostsOf(client).Select(h => $"{h.Name} {h.Address}"));
    }
}
