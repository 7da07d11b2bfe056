namespace Orrery.Machines;

/// <summary>Whether a machine runs.</summary>
public enum MachinePower
{
    /// <summary>It runs, or waits for its next event.</summary>
    On,

    /// <summary>Suspended to memory: interrupts are acknowledged, nothing is handled.</summary>
    Asleep,

    /// <summary>It has stopped: its program has ended it, or a rule was broken.</summary>
    Off,
}
