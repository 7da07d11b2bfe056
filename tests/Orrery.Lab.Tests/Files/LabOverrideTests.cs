using Orrery.Lab.Files;
using Orrery.Simulation;
using Xunit;

namespace Orrery.Lab.Tests.Files;

public class LabOverrideTests
{
    private const string Lab = """
        nodes: { client: { run: x }, web.example: {} }
        links: [{ between: [client, web.example], delay: 5ms }]
        calendar:
        """;

    [Fact]
    public void Values_are_replaced_and_added()
    {
        LabDefinition lab = LabText.Read(Lab, LabText.Set(
            "seed=7", "links.0.delay=1ms", "calendar.memory=off", "nodes.client.run=[a, b]", "nodes.web.example.memory=32M",
            "nodes.web.example.calendar.memory=on", "nodes.extra={ kind: machine, program: echo }", "capture=[client-web.example]"));
        Assert.Equal(7UL, lab.Seed);
        Assert.Equal((SimDuration.FromMilliseconds(1), true), (lab.Networks[0].Delay, lab.Networks[0].Capture));
        Assert.Equal([false, true, false], lab.Nodes.Select(n => n.ScheduleMemory));
        Assert.Equal(["a", "b"], ((LinuxNode)lab.Nodes[0]).Run.AsEnumerable());
        Assert.Equal(32UL << 20, ((LinuxNode)lab.Nodes[1]).MemoryBytes);
    }

    [Fact]
    public void The_last_one_wins() => Assert.Equal(2UL, LabText.Read(Lab, LabText.Set("seed=1", "seed=2")).Seed);

    [Theory]
    [InlineData("seed=x", "--set seed=x: found 'x', expected a whole number below 2^64")]
    [InlineData("sede=1", "--set sede=1: found key 'sede', expected one of the keys of a lab: lab, seed, start, kernel, nodes, links, segments, until, capture, record, calendar (did you mean 'seed'?)")]
    [InlineData("nodes.clint.run=x", "--set nodes.clint.run=x: found 'clint' in the path 'nodes.clint.run', expected one of the nodes: client, web.example (did you mean 'client'?)")]
    [InlineData("links.1.delay=1ms", "--set links.1.delay=1ms: found '1' in the path 'links.1.delay', expected a place from 0 in a list of 1")]
    [InlineData("links.x=1ms", "--set links.x=1ms: found 'x' in the path 'links.x', expected a place from 0 in a list of 1")]
    [InlineData("links.0.delay=5", "--set links.0.delay=5: found '5', expected a unit after the number: ns, us, ms, s, min or h")]
    [InlineData("nodes={", "--set nodes={: found what is not YAML (While parsing a node, did not find expected node content), expected a YAML document")]
    public void A_mistake_in_an_override_is_reported_there(string change, string expected) =>
        Assert.Equal(expected, LabFile.Parse(Lab, "lab.yaml", LabText.Set(change)).Diagnostics[0].ToString());

    [Theory]
    [InlineData("seed")]
    [InlineData("=1")]
    public void Texts_that_are_no_override(string text) => Assert.Null(LabOverride.Parse(text));
}
