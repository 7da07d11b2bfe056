namespace Orrery.Interrupts.State.Kernel;

/// <summary>
/// The state calls of Linux 6.12 as they are (<c>kernel/irq/manage.c</c>, <c>kernel/irq/chip.c</c>), their traps included;
/// <see cref="ChipStack"/> is the same walk without them.
/// </summary>
public static class KernelStateCalls
{
    private const int NoDevice = -19;
    private const int InvalidArgument = -22;

    /// <summary><c>irq_get_irqchip_state</c> on an interrupt whose hierarchy is given outermost first.</summary>
    public static KernelReading Get(ReadOnlySpan<KernelLevel> levels, ChipState which)
    {
        for (int i = 0; i < levels.Length; i++)
        {
            if (levels[i].Chip is null)
            {
                return new KernelReading(NoDevice, null);
            }

            if (levels[i].Get != KernelCallback.Missing)
            {
                return Call(levels[i..], which);
            }
        }

        return new KernelReading(InvalidArgument, null);
    }

    /// <summary><c>irq_set_irqchip_state</c>: 0 or a negative errno; 0 does not mean that anything was set.</summary>
    public static int Set(ReadOnlySpan<KernelLevel> levels, ChipState which, bool value)
    {
        for (int i = 0; i < levels.Length; i++)
        {
            if (levels[i].Chip is null)
            {
                return NoDevice;
            }

            if (levels[i].Set != KernelCallback.Missing)
            {
                return Call(levels[i..], which, value);
            }
        }

        return InvalidArgument;
    }

    private static KernelReading Call(ReadOnlySpan<KernelLevel> levels, ChipState which)
    {
        KernelLevel level = levels[0];
        if (level.Get == KernelCallback.Own)
        {
            return KernelReading.Of(level.Chip!.GetState(level.Interrupt, which));
        }

        // The helper calls the parent's callback if there is one, and otherwise says that all is well.
        return levels.Length > 1 && levels[1].Get != KernelCallback.Missing
            ? Call(levels[1..], which)
            : new KernelReading(0, null);
    }

    private static int Call(ReadOnlySpan<KernelLevel> levels, ChipState which, bool value)
    {
        KernelLevel level = levels[0];
        if (level.Set == KernelCallback.Own)
        {
            return level.Chip!.SetState(level.Interrupt, which, value).ToErrno();
        }

        return levels.Length > 1 && levels[1].Set != KernelCallback.Missing ? Call(levels[1..], which, value) : 0;
    }
}
