using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Gic.Snapshots;

/// <summary>One write of a restore.</summary>
public readonly record struct RestoreWrite(RestoreStep Step, AttributeValue Write);

/// <summary>
/// The writes that bring a device into the state of a snapshot: clear registers get ones before set registers get their
/// values, and the steps follow each other as <see cref="RestoreDependency.All"/> asks.
/// </summary>
public static class RestorePlan
{
    /// <summary>The writes in the usual order. The snapshot must be complete, as <see cref="GicRestore"/> makes sure.</summary>
    public static IReadOnlyList<RestoreWrite> Of(GicSnapshot snapshot) => Of(snapshot, Enum.GetValues<RestoreStep>());

    /// <summary>
    /// The writes with their steps in another order. Throws if the order breaks a dependency: that it would is known
    /// before anything is written.
    /// </summary>
    public static IReadOnlyList<RestoreWrite> Of(GicSnapshot snapshot, IReadOnlyList<RestoreStep> order)
    {
        if (!RestoreDependency.Allows(order))
        {
            throw new ArgumentException("The order breaks a dependency or leaves out a step.", nameof(order));
        }

        var values = snapshot.Attributes.ToDictionary(a => a.Attribute, a => a.Value);
        var steps = SavedRegisters.Of(snapshot.Kind, snapshot.Cpus, snapshot.IntidCount, GicRestore.PriorityBitsOf(snapshot))
            .ToLookup(saved => saved.Step);
        var writes = new List<RestoreWrite>();
        foreach (RestoreStep step in order)
        {
            foreach (SavedRegister saved in steps[step])
            {
                if (saved.ClearFirst is { } clear)
                {
                    writes.Add(new RestoreWrite(step, new AttributeValue(clear, uint.MaxValue)));
                }
            }

            foreach (SavedRegister saved in steps[step])
            {
                ulong value = values[saved.Attribute] & saved.Written;
                if (value != 0 || !saved.SkipZero)
                {
                    writes.Add(new RestoreWrite(step, new AttributeValue(saved.Attribute, value)));
                }
            }
        }

        return writes;
    }
}
