namespace Orrery.Interrupts.State;

/// <summary>One level of a hierarchy: a chip (or none) and its own name for the interrupt.</summary>
/// <param name="Chip">The chip; null models an <c>irq_data</c> without one.</param>
/// <param name="Interrupt">The interrupt as this chip names it.</param>
public readonly record struct ChipLevel(IInterruptChip? Chip, InterruptRef Interrupt);

/// <summary>
/// One interrupt as it passes through a hierarchy of chips, outermost first (a GPIO expander behind a GIC, the timer
/// shim in front of a controller without hardware deactivation). A question goes to the first chip that answers such
/// questions, and only to it; reading and setting are resolved independently (Linux 6.12,
/// <c>kernel/irq/manage.c</c>, <c>irq_get_irqchip_state</c> and <c>irq_set_irqchip_state</c>).
/// </summary>
public sealed class ChipStack
{
    private readonly ChipLevel[] _levels;

    /// <summary>A stack of at least one level, outermost chip first, root controller last.</summary>
    public ChipStack(params ReadOnlySpan<ChipLevel> levels)
    {
        ArgumentOutOfRangeException.ThrowIfZero(levels.Length, nameof(levels));
        _levels = levels.ToArray();
    }

    /// <summary>The levels, outermost first.</summary>
    public IReadOnlyList<ChipLevel> Levels => _levels;

    /// <summary>Reads one selector.</summary>
    public StateReading Get(ChipState which)
    {
        foreach ((IInterruptChip? chip, InterruptRef interrupt) in _levels)
        {
            if (chip is null)
            {
                return StateReading.Failed(ChipError.NoChip);
            }

            if (chip.Readable != ChipStates.None)
            {
                return chip.GetState(interrupt, which);
            }
        }

        return StateReading.Failed(ChipError.NoProvider);
    }

    /// <summary>Sets one selector.</summary>
    public ChipError Set(ChipState which, bool value)
    {
        foreach ((IInterruptChip? chip, InterruptRef interrupt) in _levels)
        {
            if (chip is null)
            {
                return ChipError.NoChip;
            }

            if (chip.Writable != ChipStates.None)
            {
                return chip.SetState(interrupt, which, value);
            }
        }

        return ChipError.NoProvider;
    }
}
