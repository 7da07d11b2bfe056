namespace Orrery.Interrupts.State;

/// <summary>
/// The state of interrupts, behind one interface for any chip: the users know the four selectors and nothing of the
/// chip, and a new chip changes nothing in its users.
/// </summary>
/// <remarks>
/// One call answers one selector at one instant. Two readings are two instants: between a reading of
/// <see cref="ChipState.Pending"/> and one of <see cref="ChipState.Active"/> the interrupt may be acknowledged, so the
/// pair (false, false) does not mean that it was ever idle (scenario X08).
/// </remarks>
public interface IInterruptChip
{
    /// <summary>A short name for messages.</summary>
    string Name { get; }

    /// <summary>What <see cref="GetState"/> may answer; <see cref="ChipStates.None"/>: ask the parent instead.</summary>
    ChipStates Readable { get; }

    /// <summary>What <see cref="SetState"/> may change; <see cref="ChipStates.None"/>: tell the parent instead.</summary>
    ChipStates Writable { get; }

    /// <summary>Reads one selector of one interrupt. Changes nothing.</summary>
    StateReading GetState(InterruptRef interrupt, ChipState which);

    /// <summary>
    /// Sets one selector of one interrupt; setting what is already so changes nothing. Clearing
    /// <see cref="ChipState.Pending"/> clears the latch and cannot lower a device's line; setting
    /// <see cref="ChipState.Active"/> leaves the running priority alone; setting <see cref="ChipState.Masked"/> leaves
    /// pending and active alone.
    /// </summary>
    ChipError SetState(InterruptRef interrupt, ChipState which, bool value);
}
