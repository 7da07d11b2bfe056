namespace Orrery.Interrupts.State;

/// <summary>
/// The shim that KVM puts before a controller without deactivation by hardware (Linux 6.12,
/// <c>arch/arm64/kvm/arch_timer.c</c>, <c>timer_chip</c>): while an interrupt is forwarded to a vCPU, its active state is
/// played by its mask. Everything else is the parent's.
/// </summary>
/// <param name="parent">The controller.</param>
public sealed class ForwardingMaskChip(IInterruptChip parent) : IInterruptChip
{
    private readonly HashSet<InterruptRef> _forwarded = [];

    /// <inheritdoc/>
    public string Name => $"forwarding shim of {parent.Name}";

    /// <inheritdoc/>
    public ChipStates Readable => ChipStates.None;

    /// <inheritdoc/>
    public ChipStates Writable => ChipStates.Active | parent.Writable;

    /// <summary>Says whether an interrupt is forwarded to a vCPU.</summary>
    public void SetForwarded(InterruptRef interrupt, bool forwarded)
    {
        if (forwarded)
        {
            _forwarded.Add(interrupt);
        }
        else
        {
            _forwarded.Remove(interrupt);
        }
    }

    /// <inheritdoc/>
    public StateReading GetState(InterruptRef interrupt, ChipState which) => parent.GetState(interrupt, which);

    /// <inheritdoc/>
    public ChipError SetState(InterruptRef interrupt, ChipState which, bool value) =>
        which == ChipState.Active && _forwarded.Contains(interrupt)
            ? parent.SetState(interrupt, ChipState.Masked, value)
            : parent.SetState(interrupt, which, value);
}
