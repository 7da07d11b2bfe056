using Orrery.Simulation;

namespace Orrery.Cli.Controller;

/// <summary>What <c>orrery calendar</c> was asked for.</summary>
internal sealed record ControllerSettings
{
    /// <summary>Path of the time socket; null in real time.</summary>
    public string? TimeSocket { get; init; }

    /// <summary>Clients that are admitted together.</summary>
    public int ClientCount { get; init; }

    /// <summary>Path of the network's socket, or null.</summary>
    public string? NetworkSocket { get; init; }

    /// <summary>How long a frame travels.</summary>
    public SimDuration NetworkDelay { get; init; }

    /// <summary>Wall clock at the start in ns since 1970; 0 is the host's.</summary>
    public ulong StartEpochNanoseconds { get; init; }

    /// <summary>Whether schedule memory is handed out.</summary>
    public bool UsesMemory { get; init; }

    /// <summary>0 to 3: from 2 on every message is shown, from 3 on the schedule.</summary>
    public int DebugLevel { get; init; }
}
