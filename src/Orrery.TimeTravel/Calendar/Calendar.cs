using Orrery.Posix;
using Orrery.Simulation;

namespace Orrery.TimeTravel;

/// <summary>
/// The authority over the time of one timeline's participants; the server side of um_timetravel. Each participant's next
/// request is an event of the timeline; the event's handler grants the turn and serves the timeline's sockets until the turn
/// comes back. See docs/calendar.md.
/// </summary>
/// <remarks>
/// Order: of requests for the same instant, the participant with the lower origin goes first; one that asks for that instant
/// again goes again before those after it. It is the same with messages and with schedule memory.
/// <para>
/// Its members are for the timeline's thread, and for everybody while the simulation stands still.
/// </para>
/// </remarks>
public sealed partial class Calendar : IDisposable
{
    // Devices are served before the calendar: a kick is always read before the WAIT that was sent after it.
    private const int ParticipantUrgency = 100;
    private const int ListenerUrgency = 200;

    private readonly ICalendarObserver _observer;
    private readonly List<Participant> _participants = []; // connected or expected, in no order
    private readonly List<Listener> _listeners = [];
    private readonly int _waitLimitMilliseconds;
    private Participant? _holder;

    /// <summary>A calendar for the participants of <paramref name="timeline"/>.</summary>
    /// <param name="timeline">Whose time it keeps.</param>
    /// <param name="reactor">Where the timeline's sockets are served; also for other sockets, with an urgency below 100. Not disposed.</param>
    /// <param name="options">How it behaves.</param>
    /// <param name="observer">Told what happens.</param>
    public Calendar(Timeline timeline, Reactor reactor, CalendarOptions options, ICalendarObserver observer)
    {
        Timeline = timeline;
        Reactor = reactor;
        Options = options;
        _observer = observer;
        _waitLimitMilliseconds = (int)Math.Clamp(options.WaitLimit.TotalMilliseconds, 1, int.MaxValue);
    }

    /// <summary>Whose time it keeps.</summary>
    public Timeline Timeline { get; }

    /// <summary>Where its sockets are served.</summary>
    public Reactor Reactor { get; }

    /// <summary>How it behaves.</summary>
    public CalendarOptions Options { get; }

    /// <summary>Everybody that is expected, connected or admitted, in no particular order.</summary>
    public IReadOnlyList<Participant> Participants => _participants;

    /// <summary>Who has the turn, or null.</summary>
    public Participant? Holder => _holder;

    /// <summary>Closes every connection and removes the sockets it made.</summary>
    public void Dispose()
    {
        foreach (Listener listener in _listeners)
        {
            listener.Dispose();
        }

        _listeners.Clear();
        while (_participants.Count > 0)
        {
            Close(_participants[^1]);
        }

        _sharedMemory?.Dispose();
        _sharedMemory = null;
        _noLog.Dispose();
    }
}
