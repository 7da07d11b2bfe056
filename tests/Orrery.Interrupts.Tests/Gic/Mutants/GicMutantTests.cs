using Orrery.Interrupts.Gic;
using Xunit;

namespace Orrery.Interrupts.Tests.Gic.Mutants;

/// <summary>Every mutant of the controllers is told from the architecture by a guest, and how soon.</summary>
public class GicMutantTests
{
    private const uint Ppi = Machine.Ppi, Edge = 40, Level = 41;

    public static TheoryData<GicDeviations, string> Mutants => new()
    {
        { GicDeviations.StoredLevelPending, "line of 41 high; line of 41 low" },
        { GicDeviations.LatchSurvivesAcknowledge, "ISPENDR 40; acknowledge on cpu 0" },
        { GicDeviations.PendingDroppedWhileDisabled, "disable 40; ISPENDR 40" },
        { GicDeviations.SpiActiveBanked, "ISACTIVER 40; end 40 on cpu 1" },
        { GicDeviations.ActiveDoesNotGate, "ISPENDR 40; ISACTIVER 40" },
        { GicDeviations.EqualPriorityPasses, "ISPENDR 40; mask 40 on cpu 0" },
        { GicDeviations.ClearPendingLowersLine, "line of 41 high; ICPENDR 41" },
        { GicDeviations.EoiDropsNamedPriority, "ISPENDR 41; acknowledge on cpu 0; end 40 on cpu 0" },
        { GicDeviations.SetActiveRaisesPriority, "ISACTIVER 40" },
        { GicDeviations.LevelLatchLivesUntilDeactivation, "ISPENDR 41; acknowledge on cpu 0" },
        { GicDeviations.EveryHighIsAnEdge, "line of 40 high; ICPENDR 40; line of 40 high" },
    };

    [Theory]
    [MemberData(nameof(Mutants))]
    public void Each_mutant_is_killed_and_its_shortest_trace_is_known(GicDeviations mutant, string expected)
    {
        IReadOnlyList<string>? trace = Hunt(mutant);
        Assert.NotNull(trace);
        Assert.Equal(expected.Split("; "), trace.SkipLast(1));
    }

    [Fact]
    public void Two_models_without_deviations_never_differ() => Assert.Null(Hunt(GicDeviations.None));

    [Fact]
    public void No_mutant_is_left_out()
    {
        IEnumerable<GicDeviations> mutants = Enum.GetValues<GicDeviations>()
            .Where(d => d is >= GicDeviations.StoredLevelPending and <= GicDeviations.SetActiveRaisesPriority);
        Assert.Empty(mutants.Except(Mutants.Select(row => (GicDeviations)row[0])));
    }

    private static IReadOnlyList<string>? Hunt(GicDeviations mutant) =>
        new MutantHunt(Events, [Ppi, Edge, Level]).ShortestDifference(Ready(GicDeviations.None), Ready(mutant));

    /// <summary>Two CPUs; 27 and 41 are level-sensitive, 40 is edge-triggered and more urgent than both.</summary>
    private static Machine Ready(GicDeviations deviations)
    {
        Machine machine = Machine.V2(cpus: 2, deviations);
        machine.Configure(Level, edge: false);
        foreach ((uint intid, byte priority) in (ReadOnlySpan<(uint, byte)>)[(Ppi, 0x80), (Edge, 0x40), (Level, 0x80)])
        {
            machine.SetPriority(intid, priority);
            machine.Enable(intid);
        }

        return machine;
    }

    private static IReadOnlyList<Event> Events
    {
        get
        {
            var events = new List<Event>();
            foreach (uint intid in (uint[])[Edge, Level, Ppi])
            {
                events.Add(Of($"ISPENDR {intid}", m => m.SetPending(intid)));
                events.Add(Of($"ICPENDR {intid}", m => m.ClearPending(intid)));
                events.Add(Of($"line of {intid} high", m => m.Line(intid, true)));
                events.Add(Of($"line of {intid} low", m => m.Line(intid, false)));
            }

            events.Add(Of($"ISACTIVER {Edge}", m => m.SetActive(Edge)));
            events.Add(Of($"ICACTIVER {Edge}", m => m.ClearActive(Edge)));
            events.Add(Of($"enable {Edge}", m => m.Enable(Edge)));
            events.Add(Of($"disable {Edge}", m => m.Disable(Edge)));
            events.Add(Of("mask 40 on cpu 0", m => m.SetMask(0x40)));
            for (int cpu = 0; cpu < 2; cpu++)
            {
                int on = cpu;
                events.Add(new Event($"acknowledge on cpu {on}", m => m.Acknowledge(on)));
                events.Add(Of($"end {Edge} on cpu {on}", m => m.End(Edge, on)));
            }

            return events;
        }
    }

    private static Event Of(string name, Action<Machine> act) => new(name, machine =>
    {
        act(machine);
        return 0;
    });
}
