namespace Orrery.Interrupts.Timers.Switching;

/// <summary>What a list register holds of the timer's interrupt. With HW set it is never pending and active at once.</summary>
public enum ListRegister : byte
{
    /// <summary>Nothing.</summary>
    Invalid,

    /// <summary>Pending: the guest may acknowledge it.</summary>
    Pending,

    /// <summary>Active: the guest is handling it.</summary>
    Active,
}

/// <summary>
/// The virtual timer interrupt of one vCPU as its hypervisor keeps it: mapped to the physical PPI of whichever CPU the
/// vCPU runs on.
/// </summary>
/// <param name="Level">The output of the timer as the hypervisor last saw it.</param>
/// <param name="Active">The guest is handling the interrupt (as of the last exit).</param>
/// <param name="Enabled">The guest has enabled the PPI in its virtual GIC.</param>
/// <param name="Latch">Pending as an edge: only where a timer is masked by the hypervisor.</param>
/// <param name="Register">The list register; invalid outside the guest.</param>
public readonly record struct MappedTimer(bool Level, bool Active, bool Enabled, bool Latch, ListRegister Register);
