using Orrery.Interrupts.Gic.V3;

namespace Orrery.Interrupts.Gic.Kvm;

/// <summary>What a VM with a KVM GIC device is like.</summary>
public sealed record KvmVgicOptions
{
    /// <summary>Which device.</summary>
    public VgicKind Kind { get; init; } = VgicKind.GicV3;

    /// <summary>Bits of a guest physical address; KVM's default is 40.</summary>
    public int AddressBits { get; init; } = 40;

    /// <summary>How the controller differs from the architecture; the default is as KVM does.</summary>
    public GicDeviations Deviations { get; init; } = GicDeviations.Kvm;

    /// <summary>
    /// The PPIs that become mapped to hardware at a vCPU's first run, one bit each: the timers that are direct. With VHE
    /// both (27 and 30), without it the virtual one only.
    /// </summary>
    public uint TimerPpis { get; init; } = 1u << 27 | 1u << 30;

    /// <summary>
    /// The PPIs of timers that the kernel emulates, one bit each: from a vCPU's first run their lines are the kernel's too,
    /// but they are not mapped to hardware. Without VHE the physical timer's (30).
    /// </summary>
    public uint EmulatedTimerPpis { get; init; }

    /// <summary>Guest memory; with it a GICv3 has an ITS.</summary>
    public IGuestMemory? Memory { get; init; }
}
