using Orrery.Posix;

namespace Orrery.TimeTravel;

/// <summary>Which schedule memory a calendar hands out.</summary>
public enum MemoryMode
{
    /// <summary>None: everybody uses messages.</summary>
    Off,

    /// <summary>
    /// Each participant its own, in its own time. For participants that meet only through devices of this process: they
    /// never look at each other's time.
    /// </summary>
    Private,

    /// <summary>
    /// One for all that are admitted at the same time as the first; later ones use messages. For participants that may talk
    /// to each other directly, behind the calendar's back.
    /// </summary>
    Shared,
}

/// <summary>How a calendar behaves.</summary>
public sealed record CalendarOptions
{
    /// <summary>Schedule memory, for participants that may have it.</summary>
    public MemoryMode Memory { get; init; } = MemoryMode.Private;

    /// <summary>The wall clock at simulated time 0, in nanoseconds since 1970 (what GET_TOD is answered with).</summary>
    public ulong StartEpochNanoseconds { get; init; }

    /// <summary>
    /// Wall-clock limit of a turn, and of every other wait for a participant. When it passes,
    /// <see cref="ICalendarObserver.OnOverdue"/> decides.
    /// </summary>
    public TimeSpan WaitLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Turns one participant may take at one instant. A correct one takes a few; one that takes more than this stops
    /// simulated time for everybody.
    /// </summary>
    public int TurnsPerInstantMax { get; init; } = 100_000;

    /// <summary>Whether participants that were not announced by <see cref="Calendar.Expect"/> are admitted.</summary>
    public bool AdmitsUnknown { get; init; }

    /// <summary>Connections that wait to be admitted; more are closed.</summary>
    public int WaitingConnectionsMax { get; init; } = 4096;

    /// <summary>
    /// Handed to participants with schedule memory as the file for their log lines (clients of usfstl use it, Linux guests do
    /// not). Null is <c>/dev/null</c>. Not disposed.
    /// </summary>
    public FileDescriptor? Log { get; init; }

    /// <summary>Called for every message, for debugging. Null costs nothing.</summary>
    public MessageTrace? Trace { get; init; }
}

/// <summary>Sees a message.</summary>
/// <param name="participant">Who sent it or gets it.</param>
/// <param name="isSent">Whether the calendar sends it.</param>
/// <param name="message">The message.</param>
public delegate void MessageTrace(Participant participant, bool isSent, TimeTravelMessage message);
