using Orrery.Lab.Files;
using Orrery.Simulation;

namespace Orrery.Lab.Checkpoints;

/// <summary>Which labs can be saved: those of machines inside Orrery's process that run Orrery's own programs.</summary>
public static class Savable
{
    /// <summary>As <see cref="Check(LabDefinition)"/>, or that the lab has ended by then.</summary>
    public static LabDiagnostic? Check(LabDefinition lab, SimTime at) => Check(lab)
        ?? (lab.Until is LabEnd.At end && at > end.Time
            ? new Place($"--checkpoint-at {at}", 0, 0).Error($"{at}", $"a time up to the lab's end at {end.Time}")
            : null);

    /// <summary>What of the lab cannot be saved, and where it stands; null when all of it can be.</summary>
    public static LabDiagnostic? Check(LabDefinition lab)
    {
        foreach (NodeDefinition node in lab.Nodes)
        {
            string? found = node switch
            {
                MachineNode { OwnProcess: true } => "which runs as a process of its own ('process: own')",
                MachineNode { Assembly: not null } => "whose program is a class of another assembly: a checkpoint has no code in it",
                MachineNode => null,
                _ => $"of kind {node.Kind}, whose state is its own",
            };
            if (found is not null)
            {
                return PlaceOf(lab, node.Name).Error(
                    $"node '{node.Name}', {found}", "a lab of machines inside Orrery's process for a checkpoint (docs/checkpoints.md)");
            }
        }

        return null;
    }

    /// <summary>Where a node stands in its file; the file alone when it is not in Orrery's own form.</summary>
    private static Place PlaceOf(LabDefinition lab, string node)
    {
        LabValue? root = LabTreeReader.Read(lab.Source.Text, lab.File, []);
        LabMapping? nodes = root is null ? null : (RangeExpansion.Apply(root, []) as LabMapping)?.Find("nodes") as LabMapping;
        return nodes?.Entries.Where(entry => entry.Name == node).Select(entry => (Place?)entry.Place).FirstOrDefault() ?? new Place(lab.File, 0, 0);
    }
}
