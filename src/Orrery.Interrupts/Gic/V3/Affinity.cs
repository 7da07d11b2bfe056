namespace Orrery.Interrupts.Gic.V3;

/// <summary>The four affinity levels that name a CPU (DDI 0487 MPIDR_EL1, IHI 0069 2.3.1).</summary>
public readonly record struct Affinity(byte Aff3, byte Aff2, byte Aff1, byte Aff0)
{
    /// <summary>Aff3 in [31:24] down to Aff0 in [7:0], as in GICR_TYPER[63:32] and in KVM's attributes.</summary>
    public uint Packed => (uint)(Aff3 << 24 | Aff2 << 16 | Aff1 << 8 | Aff0);

    /// <summary>MPIDR_EL1's layout: Aff3 in [39:32], the rest in [23:0].</summary>
    public ulong Mpidr => (ulong)Aff3 << 32 | Packed & 0x00FF_FFFF;

    /// <summary>The inverse of <see cref="Packed"/>.</summary>
    public static Affinity FromPacked(uint packed) =>
        new((byte)(packed >> 24), (byte)(packed >> 16), (byte)(packed >> 8), (byte)packed);

    /// <summary>What KVM gives its vCPU of this number: 16 to a cluster, so that one SGI target list reaches a cluster.</summary>
    public static Affinity OfVcpu(int vcpu) => new(0, (byte)(vcpu >> 12), (byte)(vcpu >> 4), (byte)(vcpu & 0xF));

    /// <summary>As in <c>0.0.1.3</c>.</summary>
    public override string ToString() => $"{Aff3}.{Aff2}.{Aff1}.{Aff0}";
}
