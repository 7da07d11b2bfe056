using Orrery.Lab.Files;
using Orrery.Lab.Running;
using Orrery.Machines.Processes;
using Orrery.Simulation;

namespace Orrery.Lab.Outside;

/// <summary>What each machine of a lab is told when calendar and networks are somebody else's.</summary>
internal static class OutsidePlan
{
    /// <summary>The machines, in the order of the lab file.</summary>
    /// <param name="lab">The lab.</param>
    /// <param name="outside">What they join.</param>
    /// <param name="error">Why the lab cannot join it, when null is returned.</param>
    public static IReadOnlyList<MachineSpecification>? Of(LabDefinition lab, OutsideOptions outside, out string error)
    {
        error = FindFault(lab, outside) ?? "";
        return error.Length > 0 ? null : [.. lab.Nodes.Cast<MachineNode>().Select(node => SpecificationOf(lab, node, outside))];
    }

    private static MachineSpecification SpecificationOf(LabDefinition lab, MachineNode node, OutsideOptions outside)
    {
        MachineSpecification specification = MachineLaunch.SpecificationOf(
            lab, node, Path.GetFullPath(outside.Calendar), (ulong)node.Index + 1,
            card => Path.GetFullPath(outside.Segments[lab.Networks[node.Interfaces[card].Network].Name]));
        return specification with
        {
            ScheduleMemory = specification.ScheduleMemory && lab.Calendar.Memory,
            EndNs = lab.Until is LabEnd.At at ? at.Time.Nanoseconds : null,
        };
    }

    private static string? FindFault(LabDefinition lab, OutsideOptions outside)
    {
        if (lab.Nodes.FirstOrDefault(node => node is not MachineNode) is { } other)
        {
            return $"node {other.Name} is of kind {other.Kind}: only machines (kind: machine) join an outside calendar";
        }

        if (lab.Nodes.FirstOrDefault(node => node.Start > SimTime.Zero) is { } late)
        {
            return $"node {late.Name} has a start: an outside calendar decides itself when it admits whom; remove it";
        }

        if (lab.Networks.FirstOrDefault(network => !outside.Segments.ContainsKey(network.Name)) is { } homeless)
        {
            return $"network {homeless.Name} has no socket: give it one, --segment {homeless.Name}=SOCKET";
        }

        return outside.Segments.Keys.FirstOrDefault(name => lab.Networks.All(network => network.Name != name)) is { } unknown
            ? $"--segment {unknown}: the lab has no such network; there are: {string.Join(", ", lab.Networks.Select(network => network.Name))}"
            : null;
    }
}
