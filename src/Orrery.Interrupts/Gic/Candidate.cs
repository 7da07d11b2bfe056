namespace Orrery.Interrupts.Gic;

/// <summary>The most urgent interrupt that could be signalled to a CPU, before mask and preemption are looked at.</summary>
/// <param name="Intid"><see cref="Gic.Intid.Spurious"/> when there is none.</param>
/// <param name="Priority">Its priority.</param>
/// <param name="Group1">Its group.</param>
internal readonly record struct Candidate(uint Intid, byte Priority, bool Group1)
{
    public static Candidate None => new(Gic.Intid.Spurious, PriorityFormat.Idle, false);

    public bool Exists => Intid != Gic.Intid.Spurious;
}
