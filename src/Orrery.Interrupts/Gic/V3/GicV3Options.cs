namespace Orrery.Interrupts.Gic.V3;

/// <summary>The shape of a GICv3.</summary>
public sealed record GicV3Options : GicOptions
{
    /// <summary>The affinity of each CPU; null: those KVM gives its vCPUs. Aff3 is 0 (GICD_TYPER.A3V is 0), all are different.</summary>
    public IReadOnlyList<Affinity>? Affinities { get; init; }

    /// <summary>Where the redistributors are, for GICR_TYPER.Last; null: in one run.</summary>
    public IReadOnlyList<RedistributorRegion>? Regions { get; init; }

    /// <summary>ICC_CTLR_EL1.IDbits: 0 means 16, 1 means 24 bits of INTID.</summary>
    public int IntidBitsCode { get; init; } = 1;

    /// <summary>ICC_CTLR_EL1.A3V: the CPU interface takes Aff3 in SGI registers.</summary>
    public bool Affinity3Valid { get; init; } = true;

    /// <summary>GICD_TYPER.MBIS: SPIs can be raised by messages to GICD_SETSPI_NSR. KVM has none.</summary>
    public bool MessageSpis { get; init; }

    /// <summary>Guest memory; with it the controller has LPIs and an ITS.</summary>
    public IGuestMemory? Memory { get; init; }

    /// <inheritdoc/>
    internal override int CpuLimit => 512;

    internal Affinity[] ResolveAffinities()
    {
        Affinity[] affinities = Affinities?.ToArray() ?? [.. Enumerable.Range(0, CpuCount).Select(Affinity.OfVcpu)];
        if (affinities.Length != CpuCount || affinities.Distinct().Count() != CpuCount || affinities.Any(a => a.Aff3 != 0))
        {
            throw new ArgumentException("One affinity for each CPU, all different, Aff3 0.", nameof(Affinities));
        }

        return affinities;
    }
}
