using Orrery.Lab.Checkpoints;
using Orrery.Lab.Files;
using Orrery.Simulation;
using Xunit;

namespace Orrery.Lab.Tests.Checkpoints;

/// <summary>What cannot be saved is named with its place, before anything runs.</summary>
public class SavableTests
{
    [Theory]
    [InlineData("  b: { run: ls }", "test.yaml:3:3: found node 'b', of kind linux")]
    [InlineData("  m[0-2]: {}", "test.yaml:3:3: found node 'm0', of kind linux")]
    [InlineData("  b: { kind: machine, process: own }", "test.yaml:3:3: found node 'b', which runs as a process of its own")]
    [InlineData("  b: { kind: external }", "test.yaml:3:3: found node 'b', of kind external")]
    public void A_node_whose_state_is_elsewhere(string node, string message)
    {
        LabDefinition lab = LabRuns.Parse($"nodes:\n  a: {{ kind: machine, program: echo }}\n{node}\nuntil: 1s\n");
        Assert.StartsWith(message, Savable.Check(lab)!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_whose_code_is_elsewhere()
    {
        string assembly = typeof(SavableTests).Assembly.Location; // any file that exists
        LabDefinition lab = LabRuns.Parse($"nodes:\n  a: {{ kind: machine, program: Any, assembly: {assembly} }}\nuntil: 1s\n");
        Assert.Contains("a checkpoint has no code in it", Savable.Check(lab)!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Machines_can_be_saved_until_their_lab_ends()
    {
        LabDefinition lab = LabRuns.Parse("nodes:\n  a: { kind: machine, program: echo }\nuntil: 1s\n");
        Assert.Null(Savable.Check(lab));
        Assert.Null(Savable.Check(lab, SimTime.FromSeconds(1)));
        Assert.Contains("a time up to the lab's end at 1s", Savable.Check(lab, SimTime.FromSeconds(2))!.ToString(), StringComparison.Ordinal);
    }
}
