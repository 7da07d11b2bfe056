namespace Orrery.Interrupts.Timers.Switching;

/// <summary>How a guest reprograms its timer.</summary>
public enum GuestHabit : byte
{
    /// <summary>Writes CVAL only; it never set IMASK and so never clears it (QNX does so).</summary>
    WritesCompareOnly,

    /// <summary>Writes CVAL, and CTL with ENABLE set and IMASK clear (Linux does so).</summary>
    RewritesControl,
}

/// <summary>What to explore of the switch.</summary>
public sealed record SwitchOptions
{
    /// <summary>Physical CPUs: 1 or 2.</summary>
    public int CpuCount { get; init; } = 1;

    /// <summary>vCPUs, each of a VM of its own: 1 or 2. They take turns on the CPUs.</summary>
    public int VcpuCount { get; init; } = 2;

    /// <summary>The design of the hypervisor.</summary>
    public SwitchDesign Design { get; init; }

    /// <summary>How the guests use their timers.</summary>
    public GuestHabit Guest { get; init; }

    /// <summary>Whether a guest may end its interrupt without having reprogrammed the timer.</summary>
    public bool MayEndEarly { get; init; } = true;

    /// <summary>Whether a guest's deactivation reaches the physical interrupt.</summary>
    public bool HardwareDeactivation { get; init; } = true;

    /// <summary>Mistakes of the hypervisor.</summary>
    public SwitchMutants Mutants { get; init; }

    /// <summary>Throws if a number is out of its range.</summary>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(CpuCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(CpuCount, SwitchState.CpuMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(VcpuCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(VcpuCount, SwitchState.VcpuMax);
    }
}
