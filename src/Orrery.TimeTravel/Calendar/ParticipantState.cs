namespace Orrery.TimeTravel;

/// <summary>Where a participant is in its life (docs/calendar.md).</summary>
public enum ParticipantState
{
    /// <summary>Announced; not connected yet.</summary>
    Expected,

    /// <summary>Connected; has not said START.</summary>
    Connected,

    /// <summary>Has said START; waits for the time at which it is admitted.</summary>
    Starting,

    /// <summary>Has the turn.</summary>
    Running,

    /// <summary>Waits for its turn.</summary>
    Waiting,

    /// <summary>Its connection is closed.</summary>
    Gone,
}
