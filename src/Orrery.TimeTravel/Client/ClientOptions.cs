using Orrery.Posix;

namespace Orrery.TimeTravel;

/// <summary>How a <see cref="TimeTravelClient"/> behaves.</summary>
public sealed record ClientOptions
{
    /// <summary>The identification it gives itself; calendars sort by it.</summary>
    public ulong Id { get; init; } = TimeTravelMessage.NoId;

    /// <summary>Whether it uses schedule memory where the calendar offers it.</summary>
    public bool UseMemory { get; init; } = true;

    /// <summary>
    /// Where its other descriptors are served while it waits, with an urgency below
    /// <see cref="TimeTravelClient.Urgency"/>. Null makes one of its own.
    /// </summary>
    public Reactor? Reactor { get; init; }

    /// <summary>Wall-clock limit for the calendar's acknowledgements. Turns, and the admission, may take any time.</summary>
    public TimeSpan AnswerLimit { get; init; } = TimeSpan.FromSeconds(60);
}
