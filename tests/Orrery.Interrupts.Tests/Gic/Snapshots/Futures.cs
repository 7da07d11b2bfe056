using Orrery.Interrupts.Gic;
using Xunit;

namespace Orrery.Interrupts.Tests.Gic.Snapshots;

/// <summary>
/// Whether two machines have the same future: every sequence of what a device and a guest can do with one interrupt is
/// tried on both, until no new pair of states turns up, and everything the guest can see must be equal all the way.
/// </summary>
internal static class Futures
{
    private static readonly (string Name, Func<Machine, InterruptCombination, uint> Do)[] s_events =
    [
        ("line high", (m, i) => Line(m, i, true)),
        ("line low", (m, i) => Line(m, i, false)),
        ("acknowledge", (m, _) => m.Acknowledge()),
        ("end", (m, i) => Run(() => m.End(i.Intid))),
        ("enable", (m, i) => Run(() => m.Enable(i.Intid))),
        ("disable", (m, i) => Run(() => m.Disable(i.Intid))),
        ("set pending", (m, i) => Run(() => i.Pend(m))),
        ("clear pending", (m, i) => Run(() => m.ClearPending(i.Intid))),
        ("set active", (m, i) => Run(() => m.SetActive(i.Intid))),
        ("clear active", (m, i) => Run(() => m.ClearActive(i.Intid))),
    ];

    /// <summary>Explores the futures; returns how many pairs of states there are, and fails at the first difference.</summary>
    public static int Compare(Machine first, Machine second, InterruptCombination interrupt)
    {
        var seen = new HashSet<(object, object)>();
        var open = new Queue<(Machine First, Machine Second, string Path)>();
        open.Enqueue((first, second, "start"));
        while (open.TryDequeue(out (Machine First, Machine Second, string Path) pair))
        {
            object stateOfFirst = Observe(pair.First, interrupt);
            object stateOfSecond = Observe(pair.Second, interrupt);
            Assert.True(
                Visible(pair.First, interrupt) == Visible(pair.Second, interrupt),
                $"{interrupt}\n{pair.Path}: {Visible(pair.First, interrupt)} and {Visible(pair.Second, interrupt)}");
            if (!seen.Add((stateOfFirst, stateOfSecond)))
            {
                continue;
            }

            foreach ((string name, Func<Machine, InterruptCombination, uint> act) in s_events)
            {
                Machine nextFirst = pair.First.Clone();
                Machine nextSecond = pair.Second.Clone();
                string path = $"{pair.Path}, {name}";
                Assert.True(act(nextFirst, interrupt) == act(nextSecond, interrupt), $"{interrupt}\n{path}: different answers");
                open.Enqueue((nextFirst, nextSecond, path));
            }
        }

        return seen.Count;
    }

    /// <summary>What the guest can see of the interrupt.</summary>
    private static (CpuSignals, bool, bool, bool, uint, uint) Visible(Machine machine, InterruptCombination interrupt) => (
        machine.Gic.Signalled(0),
        machine.IsPending(interrupt.Intid),
        machine.IsActive(interrupt.Intid),
        machine.ReadBit(0x100, interrupt.Intid),
        machine.RunningPriority(),
        machine.ActivePriorities());

    /// <summary>All of the interrupt's state, and the running priority.</summary>
    private static object Observe(Machine machine, InterruptCombination interrupt) =>
        (machine.View(interrupt.Intid), machine.ActivePriorities());

    private static uint Line(Machine machine, InterruptCombination interrupt, bool level)
    {
        // SGIs have none.
        if (interrupt.Intid >= Intid.SgiCount)
        {
            machine.Line(interrupt.Intid, level);
        }

        return 0;
    }

    private static uint Run(Action action)
    {
        action();
        return 0;
    }
}
