namespace Orrery.Lab.Files;

/// <summary>The keys of each section of a lab file. docs/lab.schema.json and docs/labs.md have the same; tests compare them.</summary>
internal static class LabKeys
{
    public static readonly string[] Lab =
        ["lab", "seed", "start", "kernel", "nodes", "links", "segments", "until", "capture", "record", "calendar"];

    public static readonly string[] Calendar = ["memory", "epoch", "watchdog"];

    /// <summary>Keys of a node of any kind.</summary>
    public static readonly string[] Node = ["kind", "start", "address", "interfaces", "calendar"];

    /// <summary>Further keys of a node of each kind.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> NodeOfKind = new Dictionary<string, string[]>
    {
        [LinuxNode.KindName] = ["memory", "run", "root", "files", "kernel", "kernel-arguments", "seed", "type"],
        [MachineNode.KindName] = ["program", "assembly", "process", "interrupts", "type"],
        [ExternalNode.KindName] = [],
    };

    public static readonly string[] NodeCalendar = ["memory"];

    public static readonly string[] Interface = ["address", "mac"];

    public static readonly string[] File = ["source", "text", "mode"];

    public static readonly string[] Type = ["text", "at"];

    public static readonly string[] Interrupts = ["chip", "latency"];

    public static readonly string[] Link = ["name", "between", "delay", "subnet"];

    public static readonly string[] Segment = ["nodes", "delay", "subnet"];
}
