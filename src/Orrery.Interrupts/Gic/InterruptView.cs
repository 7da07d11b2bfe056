namespace Orrery.Interrupts.Gic;

/// <summary>Everything about one interrupt at one instant, for reading and comparing; KVM's <c>vgic-state</c> shows the same.</summary>
public readonly record struct InterruptView
{
    /// <summary>The input pin.</summary>
    public bool Line { get; init; }

    /// <summary>The pending latch.</summary>
    public bool Latch { get; init; }

    /// <summary>Latch, or line of a level-sensitive interrupt.</summary>
    public bool Pending { get; init; }

    /// <summary>Acknowledged and not yet deactivated.</summary>
    public bool Active { get; init; }

    /// <summary>The enable bit.</summary>
    public bool Enabled { get; init; }

    /// <summary>Edge-triggered, else level-sensitive.</summary>
    public bool Edge { get; init; }

    /// <summary>Group 1, else group 0.</summary>
    public bool Group1 { get; init; }

    /// <summary>Lower is more urgent.</summary>
    public byte Priority { get; init; }
}
