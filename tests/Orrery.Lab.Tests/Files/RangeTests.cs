using Orrery.Lab.Files;
using Orrery.Simulation;
using Xunit;

namespace Orrery.Lab.Tests.Files;

/// <summary>Names with ranges stand for many nodes and segments.</summary>
public class RangeTests
{
    private const string Mesh = """
        nodes:
          m[0-3]-[0-4]: { kind: machine, program: ping m<1>-<2+1>, start: <2>ms, address: 10.9.<1>.1<2>/16 }
        segments:
          row[0-3]: { nodes: "m<1>-[0-4]" }
          column[0-4]: { nodes: ["m[0-3]-<1>"] }
        """;

    [Fact]
    public void A_mesh_is_written_out()
    {
        LabDefinition lab = LabText.Read(Mesh.Replace(", address: 10.9.<1>.1<2>/16", "", StringComparison.Ordinal));
        Assert.Equal(20, lab.Nodes.Length);
        Assert.Equal(["m0-0", "m0-1", "m0-2", "m0-3", "m0-4", "m1-0"], lab.Nodes.Take(6).Select(node => node.Name));
        Assert.Equal(["m0-1", "m0-2", "m0-3", "m0-4", "m0-0", "m1-1"], lab.Nodes.Take(6).Select(node => ((MachineNode)node).Program[1]));
        Assert.Equal(SimTime.FromNanoseconds(3_000_000), lab.Nodes[3].Start);
        Assert.Equal(
            ["row0", "row1", "row2", "row3", "column0", "column1", "column2", "column3", "column4"], lab.Networks.Select(network => network.Name));
        Assert.Equal([5, 6, 7, 8, 9], lab.Networks[1].Ports.Select(port => port.Node));
        Assert.Equal([1, 6, 11, 16], lab.Networks[5].Ports.Select(port => port.Node));
        Assert.All(lab.Nodes, node => Assert.Equal(2, node.Interfaces.Length));
    }

    [Fact]
    public void Numbers_stand_in_every_value_and_are_as_wide_as_the_first()
    {
        LabDefinition lab = LabText.Read("""
            nodes:
              n[08-11]: { run: [ping n<1-1>, echo <1> <x>], files: { /id: { text: "<1+2>" } }, address: 10.0.0.1<1>/24 }
            segments: { lan: { nodes: all } }
            until: n10 exits
            """);
        Assert.Equal(["n08", "n09", "n10", "n11"], lab.Nodes.Select(node => node.Name));
        var first = (LinuxNode)lab.Nodes[0];
        Assert.Equal(["ping n11", "echo 08 <x>"], first.Run.AsEnumerable());
        Assert.Equal("10", first.Files[0].Text);
        Assert.Equal("10.0.0.108", first.Interfaces[0].Addresses[0].Address.ToString());
        Assert.Equal(new LabEnd.NodeExits(2, "n10"), lab.Until);
    }

    [Fact]
    public void Overrides_and_commands_meet_them()
    {
        const string text = "nodes: { 'n[1-3]': { run: 'true' }, other: {} }\nsegments: { 's[1-2]': { nodes: ['n[1-3]', other] } }";
        LabDefinition lab = LabText.Read(text, LabText.Set("nodes.n[1-3].memory=32M", "segments.s[1-2].delay=<1>ms") with { Command = "false" });
        Assert.All(lab.Nodes.Take(3), node => Assert.Equal(32UL << 20, ((LinuxNode)node).MemoryBytes));
        Assert.Equal(["false", "true", "true", ""], lab.Nodes.Select(node => string.Concat(((LinuxNode)node).Run)));
        Assert.Equal([SimDuration.FromMilliseconds(1), SimDuration.FromMilliseconds(2)], lab.Networks.Select(network => network.Delay));
    }

    [Theory]
    [InlineData("n[3-1]: {}", "the range [3-1]", "the lower number first")]
    [InlineData("n[1-3]: {}\n  n2: {}", "'n2' a second time", "each name once")]
    [InlineData("n[1-3]: { run: echo <2> }", "'<2>'", "the place of a range in the name, from <1> on")]
    [InlineData("n[0-999999999]: {}", "more than 1000000 values, ranges written out", "fewer")]
    [InlineData("n[0-999999999]-[0-999999999]-[0-999999999]: {}", "more than 1000000 values, ranges written out", "fewer")]
    [InlineData("n[0-]: {}", "the node name 'n[0-]'", "a host name")]
    public void A_mistake_is_reported_once_and_where_it_stands(string node, string found, string expected)
    {
        LabDiagnostic diagnostic = LabFile.Parse($"nodes:\n  {node}\nuntil: 1s", "lab.yaml").Diagnostics[0];
        Assert.Equal(found, diagnostic.Found);
        Assert.StartsWith(expected, diagnostic.Expected, StringComparison.Ordinal);
        Assert.InRange(diagnostic.Line, 2, 3);
    }

    [Fact]
    public void What_is_wrong_with_all_of_them_is_said_once() =>
        Assert.Single(LabFile.Parse("nodes:\n  n[1-9]: { memroy: 1M }\nuntil: 1s", "lab.yaml").Diagnostics);
}
