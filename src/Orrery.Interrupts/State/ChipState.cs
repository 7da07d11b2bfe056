namespace Orrery.Interrupts.State;

/// <summary>
/// What can be asked of, and set in, one interrupt of an interrupt chip. The numbers are those of
/// <c>enum irqchip_irq_state</c> (Linux 6.12, <c>include/linux/interrupt.h</c>).
/// </summary>
public enum ChipState : byte
{
    /// <summary>Requested. On a GIC: the latch, or the line of a level-sensitive interrupt.</summary>
    Pending = 0,

    /// <summary>Acknowledged and not yet deactivated.</summary>
    Active = 1,

    /// <summary>The inverse of the enable bit.</summary>
    Masked = 2,

    /// <summary>The raw input pin.</summary>
    LineLevel = 3,
}

/// <summary>A set of <see cref="ChipState"/>: what a chip answers, or what it lets itself be told.</summary>
[Flags]
public enum ChipStates : byte
{
    /// <summary>Nothing: the chip has no such callback, and the question goes to its parent.</summary>
    None = 0,

    /// <summary><see cref="ChipState.Pending"/>.</summary>
    Pending = 1 << ChipState.Pending,

    /// <summary><see cref="ChipState.Active"/>.</summary>
    Active = 1 << ChipState.Active,

    /// <summary><see cref="ChipState.Masked"/>.</summary>
    Masked = 1 << ChipState.Masked,

    /// <summary><see cref="ChipState.LineLevel"/>.</summary>
    LineLevel = 1 << ChipState.LineLevel,
}

/// <summary>Membership of one selector in a set.</summary>
public static class ChipStatesExtensions
{
    /// <summary>Whether <paramref name="set"/> contains <paramref name="which"/>; false for a number that is no selector.</summary>
    public static bool Includes(this ChipStates set, ChipState which) =>
        which <= ChipState.LineLevel && ((byte)set >> (byte)which & 1) != 0;
}
