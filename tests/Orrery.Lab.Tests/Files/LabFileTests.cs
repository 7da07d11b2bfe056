using Orrery.Lab.Files;
using Orrery.Simulation;
using Xunit;

namespace Orrery.Lab.Tests.Files;

public sealed class LabFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-labs").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_lab_of_the_first_page()
    {
        LabDefinition lab = LabText.Read("""
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

        var wire = Assert.IsType<LinkDefinition>(Assert.Single(lab.Networks));
        Assert.Equal(("client-server", SimDuration.FromMilliseconds(5), true), (wire.Name, wire.Delay, wire.Capture));
        Assert.Equal([new PortReference(0, 0), new PortReference(1, 0)], wire.Ports.AsEnumerable());
    }

    [Fact]
    public void What_a_lab_does_not_say_has_a_default()
    {
        LabDefinition lab = LabText.Read("nodes: { a: { run: x } }");
        Assert.Equal(("lab", 1UL, "2026-01-01T00:00:00Z", true), (lab.Title, lab.Seed, WallClock.Format(lab.StartUnixNs), lab.Record));
        Assert.Equal(new LabEnd.AllExit(), lab.Until);
        Assert.Equal(new CalendarOptions(), lab.Calendar);
        var a = Assert.IsType<LinuxNode>(lab.Nodes[0]);
        Assert.Equal((64UL << 20, new GuestRoot.Minimal(), SimTime.Zero, true), (a.MemoryBytes, a.Root, a.Start, a.ScheduleMemory));
        Assert.Empty(lab.Networks);
    }

    [Fact]
    public void Every_key_of_a_linux_node()
    {
        File.WriteAllText(Path.Combine(_folder, "tool"), "x");
        var node = (LinuxNode)LabText.Read("""
            nodes:
              a:
                memory: 1G
                run: [one, two]
                root: .
                files:
                  /bin/tool: tool
                  /etc/a: { text: "a\n" }
                  /etc/b: { source: tool, mode: 4755 }
                kernel: tool
                kernel-arguments: [quiet, panic=1 foo]
                start: 3s
                calendar: { memory: off }
                type: [{ text: "b\n", at: 2s }, { text: "a\n", at: 1s }]
            """, file: Path.Combine(_folder, "lab.yaml")).Nodes[0];
        string tool = Path.Combine(_folder, "tool");
        Assert.Equal(1UL << 30, node.MemoryBytes);
        Assert.Equal(["one", "two"], node.Run.AsEnumerable());
        Assert.Equal(new GuestRoot.Folder(_folder), node.Root);
        Assert.Equal([new GuestFile("/bin/tool", tool, null, null), new GuestFile("/etc/a", null, "a\n", null), new GuestFile("/etc/b", tool, null, Convert.ToInt32("4755", 8))], node.Files.AsEnumerable());
        Assert.Equal(tool, node.Kernel);
        Assert.Equal(["quiet", "panic=1", "foo"], node.KernelArguments.AsEnumerable());
        Assert.Equal((SimTime.FromSeconds(3), false), (node.Start, node.ScheduleMemory));
        Assert.Equal([new TypedInput("a\n", SimTime.FromSeconds(1)), new TypedInput("b\n", SimTime.FromSeconds(2))], node.Type.AsEnumerable());
    }

    [Fact]
    public void Every_key_of_a_machine()
    {
        var node = (MachineNode)LabText.Read($$"""
            nodes:
              a: { kind: machine, program: ping b --count 3, process: own, interrupts: { chip: gicv2, latency: 2us }, assembly: {{typeof(LabFileTests).Assembly.Location}} }
            """).Nodes[0];
        Assert.Equal(["ping", "b", "--count", "3"], node.Program.AsEnumerable());
        Assert.Equal((true, InterruptChip.GicV2, SimDuration.FromMicroseconds(2), typeof(LabFileTests).Assembly.Location),
            (node.OwnProcess, node.InterruptChip, node.InterruptLatency, node.Assembly));
    }

    [Theory]
    [InlineData("a exits", "a exits")]
    [InlineData("all exit", "all exit")]
    [InlineData("1.5s", "1.5s")]
    public void Until(string text, string expected) =>
        Assert.Equal(expected, LabText.Read($"{{ nodes: {{ a: {{ run: x }} }}, until: {text} }}").Until.ToString());

    [Fact]
    public void Captures_are_named_or_all_or_none()
    {
        const string lab = "{ nodes: { a: { run: x }, b: {} }, links: [{ between: [a, b] }, { between: [a, b], name: wire }], segments: { lan: { nodes: all } }, capture: ";
        Assert.Equal([true, true, true], LabText.Read(lab + "on }").Networks.Select(n => n.Capture));
        Assert.Equal([false, false, false], LabText.Read(lab + "off }").Networks.Select(n => n.Capture));
        Assert.Equal([true, false, true], LabText.Read(lab + "[lan, a-b] }").Networks.Select(n => n.Capture));
    }

    [Fact]
    public void Aliases_stand_for_what_they_name()
    {
        LabDefinition lab = LabText.Read("nodes: { a: &node { memory: 32M, run: x }, b: *node }");
        Assert.All(lab.Nodes, node => Assert.Equal(32UL << 20, ((LinuxNode)node).MemoryBytes));
    }

    [Fact]
    public void A_command_replaces_what_the_first_linux_node_runs()
    {
        var options = new LabFileOptions { Command = "ping -c 1 'b: c'" };
        LabDefinition lab = LabText.Read("nodes: { m: { kind: machine, program: echo }, a: { run: [x, y] }, b: { run: z } }", options);
        Assert.Equal(["ping -c 1 'b: c'"], ((LinuxNode)lab.Nodes[1]).Run.AsEnumerable());
        Assert.Equal(["z"], ((LinuxNode)lab.Nodes[2]).Run.AsEnumerable());
        Assert.Contains("Linux node", Assert.Single(LabFile.Parse("nodes: { m: { kind: machine, program: ping m } }", "lab.yaml", options).Diagnostics).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_are_no_lab_files()
    {
        string path = Path.Combine(_folder, "lab.yaml");
        Assert.Contains("no such file", Only(path), StringComparison.Ordinal);
        Assert.Contains("a directory", Only(_folder), StringComparison.Ordinal);
        File.WriteAllBytes(path, [0xff, 0xfe, 0x61, 0x00]);
        Assert.Contains("not UTF-8", Only(path), StringComparison.Ordinal);
        using (FileStream file = File.Create(path))
        {
            file.SetLength(5 << 20);
        }

        Assert.Contains("5242880 bytes", Only(path), StringComparison.Ordinal);

        static string Only(string path) => Assert.Single(LabFile.Load(path).Diagnostics).ToString();
    }
}
