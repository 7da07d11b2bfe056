namespace Orrery.Interrupts.Gic;

/// <summary>The shape of a GIC. Everything that can be chosen, with its default.</summary>
public abstract record GicOptions
{
    /// <summary>CPUs. GICv2: 1 to 8; GICv3: 1 to 512.</summary>
    public int CpuCount { get; init; } = 1;

    /// <summary>INTIDs, the 32 private ones included: 64 to 1024 in steps of 32, as KVM's NR_IRQS.</summary>
    public int IntidCount { get; init; } = 256;

    /// <summary>Implemented priority bits, 4 to 8. KVM has 5.</summary>
    public int PriorityBits { get; init; } = 5;

    /// <summary>GICD_IIDR. The default is KVM's latest: product 0x4B, revision 3, implementer 0x43B.</summary>
    public uint ImplementerId { get; init; } = 0x4B00_343B;

    /// <summary>How the model differs from the architecture; the default is not at all.</summary>
    public GicDeviations Deviations { get; init; }

    /// <summary>The largest number of CPUs of this kind of GIC.</summary>
    internal abstract int CpuLimit { get; }

    /// <summary>Throws if a number is out of its range; snapshots are checked before they get here.</summary>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(CpuCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(CpuCount, CpuLimit);
        ArgumentOutOfRangeException.ThrowIfLessThan(IntidCount, 64);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(IntidCount, Intid.MaxCount);
        ArgumentOutOfRangeException.ThrowIfNotEqual(IntidCount % 32, 0, nameof(IntidCount));
        ArgumentOutOfRangeException.ThrowIfLessThan(PriorityBits, 4);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(PriorityBits, 8);
    }
}
