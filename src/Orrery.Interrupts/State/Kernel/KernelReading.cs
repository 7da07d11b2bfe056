namespace Orrery.Interrupts.State.Kernel;

/// <summary>
/// What the kernel's <c>irq_get_irqchip_state(irq, which, *state)</c> leaves behind: a status, and what was written through
/// the pointer, if anything was. "Returned 0" does not mean "output written".
/// </summary>
/// <param name="Errno">0 or a negative errno.</param>
/// <param name="Written">What was written; null when the caller's variable was left as it was.</param>
public readonly record struct KernelReading(int Errno, bool? Written)
{
    /// <summary>A caller that trusts the status reads a variable that nobody wrote.</summary>
    public bool IsUnwrittenSuccess => Errno == 0 && Written is null;

    /// <summary>A typed answer, as the kernel would give it.</summary>
    internal static KernelReading Of(StateReading reading) => new(reading.Error.ToErrno(), reading.Value);
}
