namespace Orrery.Simulation;

/// <summary>
/// The order of events that are due at one instant, lower first (docs/architecture.md, "Events and their order").
/// A frame due at t is thus in the guest before the guest runs at t.
/// </summary>
public enum EventPriority : byte
{
    /// <summary>A frame reaches a port.</summary>
    Frames = 0,

    /// <summary>Device work; interrupts to a guest are flushed here, so that several frames of one instant cost one call.</summary>
    Devices = 1,

    /// <summary>C# processes.</summary>
    Processes = 2,

    /// <summary>A participant gets its turn.</summary>
    Participants = 3,
}
