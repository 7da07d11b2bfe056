using Orrery.Interrupts.Gic.V3.Its;

namespace Orrery.Interrupts.Gic.V3;

/// <summary>
/// A GICv3 with one security state and affinity routing (IHI 0069): distributor, a redistributor for each CPU, and CPU
/// interfaces in system registers. Reset values and identification are those of KVM.
/// </summary>
public sealed partial class GicV3 : GicController
{
    private readonly GicV3Options _options;
    private readonly Affinity[] _affinities;
    private readonly bool[] _lastCpus;
    private readonly uint[] _routes;
    private readonly byte[] _redistributorStatus;
    private readonly LpiTable _lpis;
    private byte _distributorStatus;

    /// <summary>A controller after reset. Throws for a shape out of range.</summary>
    public GicV3(GicV3Options options)
        : base(options, sgiSources: false)
    {
        _options = options;
        _affinities = options.ResolveAffinities();
        _lastCpus = RedistributorRegion.LastCpus(options.Regions ?? [new RedistributorRegion(0, CpuCount)], CpuCount);
        _routes = new uint[IntidCount];
        _redistributorStatus = new byte[CpuCount];
        _lpis = new LpiTable(CpuCount, Format, options.Memory);
        Its = options.Memory is { } memory ? new InterruptTranslationService(memory, _lpis, CpuCount) : null;

        foreach (CpuInterface cpuInterface in Cpus)
        {
            cpuInterface.AdvertisedIntidBits = (byte)options.IntidBitsCode;
        }

        for (int bank = 0; bank < CpuCount + Interrupts.WordCount - 1; bank++)
        {
            bool isPrivate = bank < CpuCount;
            Interrupts[bank] = new InterruptBank
            {
                Group1 = uint.MaxValue,
                Enabled = isPrivate ? 0x0000_FFFFu : 0,
                Edge = isPrivate ? 0x0000_FFFFu : uint.MaxValue,
            };
        }

        for (uint intid = Intid.PrivateCount; Interrupts.Exists(intid); intid++)
        {
            Route(intid);
        }
    }

    /// <inheritdoc/>
    public override string Name => "GICv3";

    /// <summary>The affinity of each CPU.</summary>
    public IReadOnlyList<Affinity> Affinities => _affinities;

    /// <summary>The ITS, where there is guest memory.</summary>
    public InterruptTranslationService? Its { get; }

    /// <summary>An independent controller in the same state; guest memory, which is no part of it, is shared.</summary>
    public GicV3 Clone()
    {
        var copy = new GicV3(_options);
        copy.CopyFrom(this);
        return copy;
    }

    /// <summary>Takes over the state of another controller of the same shape.</summary>
    public void CopyFrom(GicV3 other)
    {
        CopyCommonFrom(other);
        other._routes.CopyTo(_routes.AsSpan());
        other._redistributorStatus.CopyTo(_redistributorStatus.AsSpan());
        _distributorStatus = other._distributorStatus;
        _lpis.CopyFrom(other._lpis);
        Its?.CopyFrom(other.Its!);
    }

    /// <summary>Whether all state is equal to that of another controller of the same shape.</summary>
    public bool StateEquals(GicV3 other) =>
        CommonStateEquals(other)
        && _routes.AsSpan().SequenceEqual(other._routes)
        && _redistributorStatus.AsSpan().SequenceEqual(other._redistributorStatus)
        && _distributorStatus == other._distributorStatus
        && _lpis.StateEquals(other._lpis)
        && (Its is null || Its.StateEquals(other.Its!));

    /// <inheritdoc/>
    public override RegisterResult ReadRegister(int cpu, GicFrame frame, uint offset, int width)
    {
        var access = new RegisterAccess(cpu, frame, offset, width);
        if (!IsCpu(cpu))
        {
            return access.Fail(RegisterErrorKind.NoSuchCpu);
        }

        switch (frame)
        {
            case GicFrame.Distributor:
                return Noted(ReadDistributor(access), ref _distributorStatus, isWrite: false);
            case GicFrame.Redistributor:
                return Noted(ReadRedistributor(access), ref _redistributorStatus[cpu], isWrite: false);
            case GicFrame.RedistributorSgi:
                return Noted(ReadSgiFrame(access), ref _redistributorStatus[cpu], isWrite: false);
            case GicFrame.ItsControl or GicFrame.ItsTranslation when Its is not null:
                return Its.Read(access);
            default:
                return access.Fail(RegisterErrorKind.OutsideFrame);
        }
    }

    /// <inheritdoc/>
    public override RegisterResult WriteRegister(int cpu, GicFrame frame, uint offset, int width, ulong value)
    {
        var access = new RegisterAccess(cpu, frame, offset, width);
        if (!IsCpu(cpu))
        {
            return access.Fail(RegisterErrorKind.NoSuchCpu);
        }

        switch (frame)
        {
            case GicFrame.Distributor:
                return Noted(WriteDistributor(access, value), ref _distributorStatus, isWrite: true);
            case GicFrame.Redistributor:
                return Noted(WriteRedistributor(access, value), ref _redistributorStatus[cpu], isWrite: true);
            case GicFrame.RedistributorSgi:
                return Noted(WriteSgiFrame(access, (uint)value), ref _redistributorStatus[cpu], isWrite: true);
            case GicFrame.ItsControl or GicFrame.ItsTranslation when Its is not null:
                return Its.Write(access, value);
            default:
                return access.Fail(RegisterErrorKind.OutsideFrame);
        }
    }

    private protected override CpuSignals SignalOf(CpuInterface cpuInterface, bool group1) =>
        group1 ? CpuSignals.Irq : CpuSignals.Fiq;

    /// <summary>LPIs compete with the others; of equal priorities the lower INTID, so never the LPI, comes first.</summary>
    private protected override Candidate MostUrgent(int cpu)
    {
        Candidate best = base.MostUrgent(cpu);
        if (!_lpis.Exist || !Group1Forwarded || !Cpus[cpu].Group1Enabled)
        {
            return best;
        }

        Candidate lpi = _lpis.MostUrgent(cpu);
        return lpi.Exists && (!best.Exists || lpi.Priority < best.Priority) ? lpi : best;
    }

    /// <summary>
    /// Records a faulty access in GICD_STATUSR or GICR_STATUSR: [0] read and [1] write of a reserved location, [2] read of
    /// a write-only and [3] write of a read-only register.
    /// </summary>
    private RegisterResult Noted(RegisterResult result, ref byte status, bool isWrite)
    {
        if (!result.IsOk && !Deviations.Has(GicDeviations.NoErrorStatus))
        {
            status |= result.Error.Kind switch
            {
                RegisterErrorKind.NoRegister => isWrite ? (byte)2 : (byte)1,
                RegisterErrorKind.WriteOnly => 4,
                RegisterErrorKind.ReadOnly => 8,
                _ => 0,
            };
        }

        return result;
    }

    /// <summary>A plain write of GICD_STATUSR or GICR_STATUSR by user space.</summary>
    private void AssignStatus(ref byte status, uint value) =>
        status = Deviations.Has(GicDeviations.NoErrorStatus) ? (byte)0 : (byte)(value & 0xF);

    /// <summary>The CPU of an affinity (Aff2 to Aff0), or -1.</summary>
    private int CpuOf(uint affinity)
    {
        for (int cpu = 0; cpu < _affinities.Length; cpu++)
        {
            if (_affinities[cpu].Packed == affinity)
            {
                return cpu;
            }
        }

        return -1;
    }

    /// <summary>Recomputes the CPUs an SPI may be signalled to from GICD_IROUTER: all of them with IRM, else the one named.</summary>
    private void Route(uint intid)
    {
        uint route = _routes[intid];
        int target = (route & InterruptRoutingMode) != 0 ? -1 : CpuOf(route);
        for (int cpu = 0; cpu < CpuCount; cpu++)
        {
            Interrupts.SetRouted(cpu, intid, cpu == target || (route & InterruptRoutingMode) != 0);
        }
    }
}
