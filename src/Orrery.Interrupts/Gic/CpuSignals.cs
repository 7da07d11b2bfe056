namespace Orrery.Interrupts.Gic;

/// <summary>The outputs of a CPU interface to its CPU.</summary>
[Flags]
public enum CpuSignals : byte
{
    /// <summary>Neither.</summary>
    None = 0,

    /// <summary>The IRQ input of the CPU is asserted.</summary>
    Irq = 1,

    /// <summary>The FIQ input of the CPU is asserted.</summary>
    Fiq = 2,
}
