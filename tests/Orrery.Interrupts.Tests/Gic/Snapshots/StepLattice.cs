using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.Snapshots;
using Xunit;

namespace Orrery.Interrupts.Tests.Gic.Snapshots;

/// <summary>Restores a snapshot in every order of steps that the dependencies allow.</summary>
internal static class StepLattice
{
    private static readonly RestoreStep[] s_steps = Enum.GetValues<RestoreStep>();

    /// <summary>
    /// The different states that the orders end in. Works through the sets of steps already taken: of each set, all
    /// different states are kept, whichever order led there.
    /// </summary>
    /// <param name="snapshot">What is restored.</param>
    /// <param name="fresh">A machine after reset.</param>
    /// <param name="without">A dependency to leave out, if any, by its two steps.</param>
    public static IReadOnlyList<Machine> Explore(
        GicSnapshot snapshot, Machine fresh, (RestoreStep Before, RestoreStep After)? without = null)
    {
        RestoreDependency[] dependencies = [.. RestoreDependency.All.Where(d => (d.Before, d.After) != without)];
        ILookup<RestoreStep, RestoreWrite> writes = RestorePlan.Of(snapshot).ToLookup(w => w.Step);
        int all = (1 << s_steps.Length) - 1;
        var states = new List<Machine>?[all + 1];
        states[0] = [fresh];
        for (int taken = 0; taken < all; taken++)
        {
            foreach (Machine machine in states[taken] ?? [])
            {
                foreach (RestoreStep step in s_steps.Where(s => MayFollow(taken, s, dependencies)))
                {
                    Machine next = machine.Clone();
                    SnapshotError? error = GicRestore.Apply(writes[step], (IVgic)next.Gic);
                    Assert.True(error is null, error?.ToString());
                    List<Machine> known = states[taken | 1 << (int)step] ??= [];
                    if (!known.Exists(k => k.StateEquals(next)))
                    {
                        known.Add(next);
                    }
                }
            }

            // Sets are visited in ascending order: nothing leads back here.
            states[taken] = null;
        }

        return states[all]!;
    }

    private static bool MayFollow(int taken, RestoreStep step, RestoreDependency[] dependencies) =>
        (taken >> (int)step & 1) == 0
        && dependencies.All(d => d.After != step || (taken >> (int)d.Before & 1) != 0);
}
