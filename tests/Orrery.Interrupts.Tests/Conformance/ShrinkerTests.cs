using System.Collections.Immutable;
using Orrery.Interrupts.Conformance.Comparison;
using Orrery.Interrupts.Conformance.Generation;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic.Kvm;
using Xunit;

namespace Orrery.Interrupts.Tests.Conformance;

public class ShrinkerTests
{
    private static readonly ConformanceProgram s_program = new ProgramGenerator(VgicKind.GicV3, 1).Generate(1);

    [Fact]
    public void What_remains_is_what_the_difference_needs()
    {
        ImmutableArray<Operation> needed = [s_program.Operations[3], s_program.Operations[^5]];
        Assert.True(Shrinker.TryShrink(s_program, Test(p => needed.All(p.Operations.Contains)), out ConformanceProgram smallest, out _));
        Assert.Equal(needed.AsEnumerable(), smallest.Operations);
    }

    [Fact]
    public void What_cannot_be_smaller_stays()
    {
        Assert.True(Shrinker.TryShrink(
            s_program, Test(p => p.Operations.Length == s_program.Operations.Length), out ConformanceProgram smallest, out _));
        Assert.Equal(s_program.Operations.AsEnumerable(), smallest.Operations);
    }

    [Fact]
    public void Idle_vCPUs_are_taken_away()
    {
        ConformanceProgram wide = s_program with
        {
            Shape = s_program.Shape with { Vcpus = 3 },
            Operations = [Operation.Acknowledge(0, 0), Operation.Acknowledge(1, 0)],
        };
        Assert.True(Shrinker.TryShrink(wide, Test(p => p.Operations.Contains(Operation.Acknowledge(0, 0))), out ConformanceProgram smallest, out _));
        Assert.Equal(1, smallest.Shape.Vcpus);
    }

    [Fact]
    public void A_lost_machine_ends_it()
    {
        DifferenceTest lost = (IReadOnlyList<ConformanceProgram> candidates, out bool[] shows, out string problem) =>
        {
            shows = [];
            problem = "gone";
            return false;
        };
        Assert.False(Shrinker.TryShrink(s_program, lost, out _, out string problem));
        Assert.Equal("gone", problem);
    }

    private static DifferenceTest Test(Func<ConformanceProgram, bool> shows) =>
        (IReadOnlyList<ConformanceProgram> candidates, out bool[] results, out string problem) =>
        {
            results = [.. candidates.Select(shows)];
            problem = string.Empty;
            return true;
        };
}
