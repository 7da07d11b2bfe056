using Orrery.Interrupts.Timers;
using Xunit;

namespace Orrery.Interrupts.Tests.Timers;

/// <summary>Every mutant of the timer is told from the architecture by a guest, and how soon.</summary>
public class TimerMutantTests
{
    private const TimerControl Enable = TimerControl.Enable, Mask = TimerControl.Mask;
    private const ulong Half = 1UL << 63;

    public static TheoryData<TimerDeviations, string> Mutants => new()
    {
        { TimerDeviations.TimerValueUnsigned, "TVAL := -1" },
        { TimerDeviations.OutputIgnoresMask, "CTL := ENABLE and IMASK" },
        { TimerDeviations.SignedCompare, "CTL := ENABLE; CVAL := 2^63" },
        { TimerDeviations.StatusHiddenByMask, "CTL := ENABLE and IMASK" },
        { TimerDeviations.FiresLate, "CTL := ENABLE" },
    };

    /// <summary>What a guest, or time, can do.</summary>
    private static readonly (string Name, Func<GuestView, GuestView> Do)[] s_events =
    [
        ("CTL := 0", view => view.Control(0)),
        ("CTL := ENABLE", view => view.Control(Enable)),
        ("CTL := ENABLE and IMASK", view => view.Control(Enable | Mask)),
        ("CVAL := 0", view => view.CompareValue(0)),
        ("CVAL := 2", view => view.CompareValue(2)),
        ("CVAL := 2^63", view => view.CompareValue(Half)),
        ("TVAL := 1", view => view.TimerValue(1)),
        ("TVAL := -1", view => view.TimerValue(uint.MaxValue)),
        ("one count passes", view => view.At(view.Count + 1)),
        ("the count is set to 2^63", view => view.At(Half)),
    ];

    [Theory]
    [MemberData(nameof(Mutants))]
    public void Each_mutant_is_killed_and_its_shortest_trace_is_known(TimerDeviations mutant, string expected) =>
        Assert.Equal(expected, string.Join("; ", ShortestDifference(mutant, depthMax: 4) ?? []));

    [Fact]
    public void Two_timers_without_deviations_never_differ() => Assert.Null(ShortestDifference(TimerDeviations.None, depthMax: 4));

    [Fact]
    public void No_mutant_is_left_out() =>
        Assert.Empty(Enum.GetValues<TimerDeviations>().Except(Mutants.Select(row => (TimerDeviations)row[0])).Except([TimerDeviations.None]));

    /// <summary>
    /// The shortest events after which the two differ in something that a guest or its GIC can see: breadth first, so that no
    /// shorter one exists among these events; null if there is none of at most so many.
    /// </summary>
    private static string[]? ShortestDifference(TimerDeviations mutant, int depthMax)
    {
        var seen = new HashSet<(GuestView, GuestView)>();
        var open = new Queue<(GuestView Reference, GuestView Mutant, string[] Trace)>();
        open.Enqueue((new GuestView(0, default, TimerDeviations.None), new GuestView(0, default, mutant), []));
        while (open.TryDequeue(out (GuestView Reference, GuestView Mutant, string[] Trace) pair))
        {
            if (pair.Reference.Visible != pair.Mutant.Visible)
            {
                return pair.Trace;
            }

            foreach ((string name, Func<GuestView, GuestView> act) in pair.Trace.Length < depthMax ? s_events : [])
            {
                (GuestView, GuestView) next = (act(pair.Reference), act(pair.Mutant));
                if (seen.Add(next))
                {
                    open.Enqueue((next.Item1, next.Item2, [.. pair.Trace, name]));
                }
            }
        }

        return null;
    }

    /// <summary>A timer and the count that it is shown.</summary>
    private readonly record struct GuestView(ulong Count, GenericTimer Timer, TimerDeviations Deviations)
    {
        public (TimerControl, ulong, bool) Visible =>
            (Timer.ReadControl(Count, Deviations), Timer.CompareValue, Timer.Output(Count, Deviations));

        public GuestView Control(TimerControl value) => this with { Timer = Timer.WithControl((ulong)value) };

        public GuestView CompareValue(ulong value) => this with { Timer = Timer.WithCompareValue(value) };

        public GuestView TimerValue(uint value) => this with { Timer = Timer.WithTimerValue(Count, value, Deviations) };

        public GuestView At(ulong count) => this with { Count = count };
    }
}
