using Orrery.Lab.Files;
using Orrery.Simulation;
using Xunit;

namespace Orrery.Lab.Tests.Files;

public class VlabTranslationTests
{
    [Fact]
    public void A_scenario_is_a_lab()
    {
        LabDefinition lab = LabText.Read("""
            nodes:
              - name: m1
                mem: 256
              - name: m2
            net:
              delay: 5
            controller:
              start-time: 1663704211188727690
              no-shm: true
            """, new LabFileOptions { Command = "ping -c 5 m2" });
        Assert.Equal(1663704211188727690UL, lab.StartUnixNs);
        Assert.False(lab.Calendar.Memory);
        Assert.Equal(new LabEnd.NodeExits(0, "m1"), lab.Until);
        var m1 = Assert.IsType<LinuxNode>(lab.Nodes[0]);
        var m2 = Assert.IsType<LinuxNode>(lab.Nodes[1]);
        Assert.Equal((256UL << 20, new GuestRoot.Host()), (m1.MemoryBytes, m1.Root));
        Assert.Equal(["ping -c 5 m2"], m1.Run.AsEnumerable());
        Assert.Equal((128UL << 20, true), (m2.MemoryBytes, m2.Run.IsEmpty));
        Assert.Equal(["10.0.0.1/8", "10.0.0.2/8"], lab.Nodes.Select(n => n.Interfaces[0].Addresses[0].ToString()));
        var net = Assert.IsType<SegmentDefinition>(Assert.Single(lab.Networks));
        Assert.Equal((SimDuration.FromMilliseconds(5), 2), (net.Delay, net.Ports.Length));
    }

    [Fact]
    public void Addresses_are_given_out_before_names()
    {
        LabDefinition lab = LabText.Read("nodes: [{}, { addr: 10.0.0.1 }, { name: x }, ~]");
        Assert.Equal(["vnode_10.0.0.2", "vnode_10.0.0.1", "x", "vnode_10.0.0.4"], lab.Nodes.Select(n => n.Name));
        Assert.Equal(["10.0.0.2/8", "10.0.0.1/8", "10.0.0.3/8", "10.0.0.4/8"], lab.Nodes.Select(n => n.Interfaces[0].Addresses[0].ToString()));
        Assert.Equal(SimDuration.FromMicroseconds(100), lab.Networks[0].Delay);
    }

    [Fact]
    public void Without_a_command_the_first_node_succeeds_at_once() =>
        Assert.Equal(["true"], ((LinuxNode)LabText.Read("nodes: [{ name: m1 }, { name: m2 }]").Nodes[0]).Run.AsEnumerable());

    [Fact]
    public void Overrides_speak_of_the_lab() =>
        Assert.False(LabText.Read("nodes: [{ name: m1 }, { name: m2 }]", LabText.Set("calendar.memory=off")).Calendar.Memory);

    [Theory]
    [InlineData("nodes: [{ name: a, hwsim: true }, {}]", "error 1:27")]
    [InlineData("nodes: [{ name: a }, { name: a }, {}]", "error 1:30")]
    [InlineData("nodes: [{ name: a, mem: 256M }, {}]", "error 1:25")]
    [InlineData("nodes: [{ name: a }, {}]\nnet: { delay: 5ms }", "error 2:15")]
    [InlineData("nodes: []", "error 1:8")]
    [InlineData("nodes: [{ name: a, color: red }, {}]", "warning 1:20")]
    [InlineData("nodes: [{ name: a, kmemleak: true }, {}]", "warning 1:30")]
    [InlineData("nodes: [{ name: a }, {}]\nwmediumd: { config: x }", "warning 2:11")]
    [InlineData("nodes: [{ name: a }, {}]\nhost_binds: { /x: /y }", "warning 2:15")]
    [InlineData("nodes: [{ name: a }, {}]\ncontroller: { start-time: 0 }", "warning 2:27")]
    [InlineData("nodes: [{ name: a }]", "warning 1:8")]
    public void What_cannot_be_done_is_said(string text, string expected)
    {
        LabDiagnostic first = LabFile.Parse(text, "lab.yaml").Diagnostics[0];
        Assert.Equal(expected, $"{(first.IsWarning ? "warning" : "error")} {first.Line}:{first.Column}");
    }

    [Fact]
    public void Directories_under_their_own_name_are_there_already() =>
        Assert.Empty(LabFile.Parse("nodes: [{ name: a, host_binds: [/usr, /bin] }, { host_binds: { /usr: /usr } }]", "lab.yaml").Diagnostics);
}
