namespace Orrery.Interrupts.State.Kernel;

/// <summary>What a chip of the kernel has for a callback.</summary>
public enum KernelCallback : byte
{
    /// <summary>None: the call looks further up.</summary>
    Missing,

    /// <summary>One of its own.</summary>
    Own,

    /// <summary><c>irq_chip_get_parent_state</c> or <c>irq_chip_set_parent_state</c>: the next chip's callback, and 0 if it has none.</summary>
    Parent,
}

/// <summary>One <c>irq_data</c> of a hierarchy.</summary>
/// <param name="Chip">Who answers, where a callback is <see cref="KernelCallback.Own"/>; null: an <c>irq_data</c> without a chip.</param>
/// <param name="Interrupt">The interrupt as this chip names it.</param>
/// <param name="Get"><c>irq_get_irqchip_state</c>.</param>
/// <param name="Set"><c>irq_set_irqchip_state</c>.</param>
public readonly record struct KernelLevel(IInterruptChip? Chip, InterruptRef Interrupt, KernelCallback Get, KernelCallback Set);
