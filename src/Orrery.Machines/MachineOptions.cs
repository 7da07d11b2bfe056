using Orrery.Machines.Interrupts;
using Orrery.Machines.Stack;
using Orrery.Simulation;

namespace Orrery.Machines;

/// <summary>What a machine is.</summary>
public sealed record MachineOptions
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The address of a name, or null: asked when a program names a host.</summary>
    public Func<string, IpAddress?> FindHost { get; init; } = _ => null;

    /// <summary>Its interrupt chip.</summary>
    public MachineChip Chip { get; init; } = MachineChip.GicV3;

    /// <summary>Time between an interrupt that is pending and its handler.</summary>
    public SimDuration InterruptLatency { get; init; }
}

/// <summary>What a machine tells those who watch it, in simulated time.</summary>
public interface IMachineObserver
{
    /// <summary>Its devices have started; its program is next.</summary>
    void OnBooted();

    /// <summary>Its program writes to its console.</summary>
    void OnOutput(ReadOnlySpan<byte> bytes);

    /// <summary>Its program has ended.</summary>
    void OnExit(int code);

    /// <summary>A rule was broken; the machine has stopped.</summary>
    void OnFault(MachineFault fault);
}
