namespace Orrery.Interrupts.Timers.Switching;

/// <summary>What a physical CPU is doing.</summary>
internal enum CpuMode : byte
{
    /// <summary>No vCPU is loaded.</summary>
    Empty,

    /// <summary>The hypervisor runs, with a vCPU loaded.</summary>
    Host,

    /// <summary>The guest runs.</summary>
    Guest,
}

/// <summary>A vCPU, unpacked: its guest, its timer and its interrupt.</summary>
internal struct VcpuView
{
    /// <summary>The counter has reached CVAL.</summary>
    public bool Met;

    /// <summary>IMASK is set.</summary>
    public bool Masked;

    /// <summary>The guest is in its handler.</summary>
    public bool InHandler;

    /// <summary>Since the last acknowledgement the line has risen, or was high at the end of the handler: one more is due or allowed.</summary>
    public bool Due;

    public MappedTimer Timer;

    public readonly bool Line => Met && !Masked;

    public static VcpuView Unpack(ushort bits) => new()
    {
        Met = (bits & 1) != 0,
        Masked = (bits & 2) != 0,
        InHandler = (bits & 4) != 0,
        Due = (bits & 8) != 0,
        Timer = new MappedTimer(
            (bits & 16) != 0, (bits & 32) != 0, (bits & 64) != 0, (bits & 128) != 0, (ListRegister)(bits >> 8 & 3)),
    };

    public readonly ushort Pack() => (ushort)(
        (Met ? 1 : 0) | (Masked ? 2 : 0) | (InHandler ? 4 : 0) | (Due ? 8 : 0)
        | (Timer.Level ? 16 : 0) | (Timer.Active ? 32 : 0) | (Timer.Enabled ? 64 : 0) | (Timer.Latch ? 128 : 0)
        | (int)Timer.Register << 8);
}

/// <summary>A physical CPU, unpacked.</summary>
internal struct CpuView
{
    public CpuMode Mode;

    /// <summary>The vCPU loaded; meaningless when <see cref="CpuMode.Empty"/>, and then 0.</summary>
    public int Vcpu;

    /// <summary>The active bit of the timer's PPI in this CPU's bank.</summary>
    public bool Active;

    /// <summary>The enable bit of the PPI.</summary>
    public bool Enabled;

    /// <summary>The physical interrupt was signalled just before the timer was switched off.</summary>
    public bool Late;

    /// <summary>An active bit that was written and has not arrived (<see cref="SwitchMutants.LateSetActive"/>).</summary>
    public bool Underway;

    /// <summary>The value last written to the active bit (<see cref="SwitchMutants.CachedActive"/>).</summary>
    public bool Cached;

    public static CpuView Unpack(ushort bits) => new()
    {
        Mode = (CpuMode)(bits & 3),
        Vcpu = bits >> 2 & 1,
        Active = (bits & 8) != 0,
        Enabled = (bits & 16) != 0,
        Late = (bits & 32) != 0,
        Underway = (bits & 64) != 0,
        Cached = (bits & 128) != 0,
    };

    public readonly ushort Pack() => (ushort)(
        (int)Mode | Vcpu << 2 | (Active ? 8 : 0) | (Enabled ? 16 : 0) | (Late ? 32 : 0) | (Underway ? 64 : 0) | (Cached ? 128 : 0));
}

/// <summary>A state of <see cref="SwitchModel"/>, packed into eight bytes.</summary>
public struct SwitchState : IEquatable<SwitchState>
{
    /// <summary>The most physical CPUs.</summary>
    internal const int CpuMax = 2;

    /// <summary>The most vCPUs.</summary>
    internal const int VcpuMax = 2;

    private ushort _vcpu0;
    private ushort _vcpu1;
    private ushort _cpu0;
    private ushort _cpu1;

    /// <inheritdoc/>
    public readonly bool Equals(SwitchState other) =>
        _vcpu0 == other._vcpu0 && _vcpu1 == other._vcpu1 && _cpu0 == other._cpu0 && _cpu1 == other._cpu1;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is SwitchState other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => HashCode.Combine(_vcpu0, _vcpu1, _cpu0, _cpu1);

    /// <summary>Whether two states are the same.</summary>
    public static bool operator ==(SwitchState left, SwitchState right) => left.Equals(right);

    /// <summary>Whether two states differ.</summary>
    public static bool operator !=(SwitchState left, SwitchState right) => !left.Equals(right);

    internal readonly VcpuView Vcpu(int vcpu) => VcpuView.Unpack(vcpu == 0 ? _vcpu0 : _vcpu1);

    internal readonly CpuView Cpu(int cpu) => CpuView.Unpack(cpu == 0 ? _cpu0 : _cpu1);

    internal readonly SwitchState With(int vcpu, in VcpuView view)
    {
        SwitchState next = this;
        (vcpu == 0 ? ref next._vcpu0 : ref next._vcpu1) = view.Pack();
        return next;
    }

    internal readonly SwitchState With(int cpu, in CpuView view)
    {
        SwitchState next = this;
        (cpu == 0 ? ref next._cpu0 : ref next._cpu1) = view.Pack();
        return next;
    }
}
