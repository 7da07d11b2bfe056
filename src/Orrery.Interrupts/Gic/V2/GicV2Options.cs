namespace Orrery.Interrupts.Gic.V2;

/// <summary>The shape of a GICv2.</summary>
public sealed record GicV2Options : GicOptions
{
    /// <summary>GICC_IIDR. The default is what KVM shows to user space.</summary>
    public uint CpuInterfaceId { get; init; } = 0x04B2_043B;

    /// <summary>Whether the raw lines can be read at 0xD00 (PPISR) and 0xD04 on (SPISRn), as in a GIC-400; KVM has none.</summary>
    public bool RawLineRegisters { get; init; }

    /// <inheritdoc/>
    internal override int CpuLimit => 8;
}
