namespace Orrery.Interrupts.State;

/// <summary>Why a chip did not answer, or did not do as told.</summary>
public enum ChipError : byte
{
    /// <summary>It did.</summary>
    None,

    /// <summary>The chip has no interrupt of this number (the kernel's <c>-EINVAL</c>: no descriptor).</summary>
    NoSuchInterrupt,

    /// <summary>The interrupt is private to a CPU and the reference names none, or one the chip does not have.</summary>
    NoSuchCpu,

    /// <summary>The chip found does not know this selector for this interrupt (<c>-EINVAL</c>).</summary>
    Unsupported,

    /// <summary>No chip on the way to the root answers such calls at all (<c>-EINVAL</c>).</summary>
    NoProvider,

    /// <summary>A level of the hierarchy has no chip (<c>-ENODEV</c>, and a warning once).</summary>
    NoChip,
}

/// <summary>The kernel's numbers for <see cref="ChipError"/>.</summary>
public static class ChipErrorExtensions
{
    private const int InvalidArgument = -22;
    private const int NoDevice = -19;

    /// <summary>What <c>irq_get_irqchip_state</c> returns in this case: 0 or a negative errno.</summary>
    public static int ToErrno(this ChipError error) => error switch
    {
        ChipError.None => 0,
        ChipError.NoChip => NoDevice,
        _ => InvalidArgument,
    };
}
