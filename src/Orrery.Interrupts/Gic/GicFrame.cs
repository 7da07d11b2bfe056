namespace Orrery.Interrupts.Gic;

/// <summary>The memory-mapped register frames of a GIC. Offsets are counted from the start of their frame.</summary>
public enum GicFrame : byte
{
    /// <summary>GICD: 4 KiB in GICv2, 64 KiB in GICv3.</summary>
    Distributor,

    /// <summary>GICC (GICv2): 8 KiB, one view per CPU.</summary>
    CpuInterface,

    /// <summary>GICR, RD_base (GICv3): 64 KiB for each CPU.</summary>
    Redistributor,

    /// <summary>GICR, SGI_base (GICv3): the 64 KiB after RD_base.</summary>
    RedistributorSgi,

    /// <summary>GITS, control registers (GICv3): 64 KiB.</summary>
    ItsControl,

    /// <summary>GITS, translation register (GICv3): the 64 KiB after the control registers.</summary>
    ItsTranslation,

    /// <summary>
    /// No frame: the CPU interface of a GICv3, whose registers are system registers; in errors, the offset is the encoding.
    /// </summary>
    SystemRegisters,

    /// <summary>GICH (GICv2): 4 KiB, one view per CPU; see <see cref="Virtual.VirtualInterface"/>.</summary>
    VirtualInterface,
}

/// <summary>Sizes and names of frames.</summary>
public static class GicFrameExtensions
{
    /// <summary>The name that specifications use.</summary>
    public static string ShortName(this GicFrame frame) => frame switch
    {
        GicFrame.Distributor => "GICD",
        GicFrame.CpuInterface => "GICC",
        GicFrame.Redistributor => "GICR",
        GicFrame.RedistributorSgi => "GICR_SGI",
        GicFrame.ItsControl => "GITS",
        GicFrame.ItsTranslation => "GITS_TRANSLATION",
        GicFrame.VirtualInterface => "GICH",
        _ => "system register",
    };
}
