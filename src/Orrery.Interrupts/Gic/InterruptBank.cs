namespace Orrery.Interrupts.Gic;

/// <summary>
/// The state of 32 interrupts, one bit each, and the state machine of an interrupt: the events of section 2.2 of the
/// GICv2 and GICv3 handling model, applied to every interrupt of a mask at once. A plain value: copy it to keep the state
/// before an event; one interrupt is a bank of which one bit is used.
/// </summary>
/// <remarks>
/// <para>Pending is derived, never stored: the latch, or the line of a level-sensitive interrupt.</para>
/// <para>Sources: IHI 0048 3.2.4 and 4.3; IHI 0069 4.1.2. Deviations are explicit (<see cref="GicDeviations"/>).</para>
/// </remarks>
public struct InterruptBank : IEquatable<InterruptBank>
{
    /// <summary>The input pins. Only devices change them.</summary>
    public uint Line { readonly get; set; }

    /// <summary>Set by an edge or by software; cleared by software or by being acknowledged.</summary>
    public uint Latch { readonly get; set; }

    /// <summary>Acknowledged and not yet deactivated.</summary>
    public uint Active { readonly get; set; }

    /// <summary>May be signalled.</summary>
    public uint Enabled { readonly get; set; }

    /// <summary>1: edge-triggered, 0: level-sensitive.</summary>
    public uint Edge { readonly get; set; }

    /// <summary>1: group 1, 0: group 0.</summary>
    public uint Group1 { readonly get; set; }

    /// <summary>Requested: what ISPENDR reads.</summary>
    public readonly uint Pending => Latch | (Line & ~Edge);

    /// <summary>Pending, not active, enabled: may be signalled as far as the interrupt itself is concerned.</summary>
    public readonly uint Eligible => Pending & ~Active & Enabled;

    /// <summary>A device drives the lines in <paramref name="mask"/>.</summary>
    public void SetLine(uint mask, bool level, GicDeviations deviations = GicDeviations.None)
    {
        // Of an edge interrupt, KVM keeps no line, so that nothing tells a repeated "high" from a rise.
        uint kept = deviations.Has(GicDeviations.EveryHighIsAnEdge) ? mask & ~Edge : mask;
        if (!level)
        {
            Line &= ~kept;
            return;
        }

        uint rising = mask & ~(Line & kept);
        Line |= kept;
        uint latching = deviations.Has(GicDeviations.StoredLevelPending) ? rising : rising & Edge;
        if (deviations.Has(GicDeviations.PendingDroppedWhileDisabled))
        {
            latching &= Enabled;
        }

        Latch |= latching;
    }

    /// <summary>Software makes the interrupts in <paramref name="mask"/> pending (ISPENDR, an SGI).</summary>
    public void SetPending(uint mask, GicDeviations deviations = GicDeviations.None) =>
        Latch |= deviations.Has(GicDeviations.PendingDroppedWhileDisabled) ? mask & Enabled : mask;

    /// <summary>Software clears the latches in <paramref name="mask"/> (ICPENDR); a line that is high keeps a level interrupt pending.</summary>
    public void ClearPending(uint mask, GicDeviations deviations = GicDeviations.None)
    {
        Latch &= ~mask;
        if (deviations.Has(GicDeviations.ClearPendingLowersLine))
        {
            Line &= ~mask;
        }
    }

    /// <summary>A CPU acknowledges: active, and the latch is spent.</summary>
    public void Acknowledge(uint mask, GicDeviations deviations = GicDeviations.None)
    {
        Active |= mask;
        uint spent = mask;
        if (deviations.Has(GicDeviations.LevelLatchLivesUntilDeactivation))
        {
            spent &= Edge;
        }

        if (deviations.Has(GicDeviations.LatchSurvivesAcknowledge))
        {
            spent = 0;
        }

        Latch &= ~spent;
    }

    /// <summary>A CPU deactivates (EOI or DIR, by mode).</summary>
    public void Deactivate(uint mask, GicDeviations deviations = GicDeviations.None)
    {
        if (deviations.Has(GicDeviations.LevelLatchLivesUntilDeactivation))
        {
            Latch &= ~(mask & Active & ~Edge);
        }

        Active &= ~mask;
    }

    /// <summary>Software sets active bits (ISACTIVER): no acknowledge, no change of the running priority.</summary>
    public void SetActive(uint mask) => Active |= mask;

    /// <summary>Software clears active bits (ICACTIVER).</summary>
    public void ClearActive(uint mask) => Active &= ~mask;

    /// <inheritdoc/>
    public readonly bool Equals(InterruptBank other) =>
        Line == other.Line && Latch == other.Latch && Active == other.Active && Enabled == other.Enabled
        && Edge == other.Edge && Group1 == other.Group1;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is InterruptBank other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => HashCode.Combine(Line, Latch, Active, Enabled, Edge, Group1);

    /// <summary>Whether all state is equal.</summary>
    public static bool operator ==(InterruptBank left, InterruptBank right) => left.Equals(right);

    /// <summary>Whether any state differs.</summary>
    public static bool operator !=(InterruptBank left, InterruptBank right) => !left.Equals(right);
}
