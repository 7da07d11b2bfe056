using Orrery.Posix;
using Orrery.Simulation;

namespace Orrery.TimeTravel;

/// <summary>
/// Whoever takes turns at a calendar: a Linux guest, a machine, an outside simulator. Its members are for the thread of the
/// calendar's timeline.
/// </summary>
public sealed class Participant : IEventHandler, ITurn, IReadinessHandler
{
    // Sent and not acknowledged: FREE_UNTIL and RUN of a grant, a lowered FREE_UNTIL, a BROADCAST.
    private const int UnacknowledgedMax = 8;

    private readonly Calendar _calendar;
    private readonly uint[] _unacknowledged = new uint[UnacknowledgedMax];
    private int _unacknowledgedCount;
    private uint _lastSequence;

    internal Participant(Calendar calendar, ulong id, string name, Origin? origin)
    {
        _calendar = calendar;
        Id = id;
        Name = name;
        Origin = origin;
    }

    /// <summary>What it said in START, or is expected to say; <see cref="TimeTravelMessage.NoId"/> for none.</summary>
    public ulong Id { get; internal set; }

    /// <summary>What messages call it.</summary>
    public string Name { get; internal set; }

    /// <summary>Its process, or 0 when unknown.</summary>
    public int ProcessId { get; internal set; }

    /// <summary>Where it is in its life.</summary>
    public ParticipantState State { get; internal set; }

    /// <summary>Whether it has the turn.</summary>
    public bool IsRunning => State == ParticipantState.Running;

    /// <summary>The simulated time of its own time 0: when it was admitted.</summary>
    public SimTime AdmittedAt { get; internal set; }

    /// <summary>When it wants its next turn; <see cref="SimTime.Never"/> when it wants none.</summary>
    public SimTime Request { get; internal set; } = SimTime.Never;

    /// <summary>The last time it asked for, for messages.</summary>
    public SimTime LastRequest { get; internal set; } = SimTime.Never;

    /// <summary>Whether it publishes its time and requests in schedule memory, not in messages.</summary>
    public bool UsesMemory { get; internal set; }

    /// <summary>Turns it has had.</summary>
    public ulong TurnCount { get; internal set; }

    /// <summary>Whether it may be given schedule memory; else it is handed the refusal.</summary>
    internal bool MayUseMemory { get; init; } = true;

    /// <summary>Whether <see cref="Calendar.Expect"/> announced it.</summary>
    internal bool IsAnnounced { get; init; }

    /// <summary>Counts connections; not set where the participant was announced.</summary>
    internal int ArrivalNumber { get; init; }

    /// <summary>Its place among those that run at the same instant; unknown until it is to be admitted.</summary>
    public Origin? Origin { get; internal set; }

    internal MessageStream? Stream { get; set; }

    internal int ReactorToken { get; set; }

    /// <summary>The number of its START, for the acknowledgement that admits it.</summary>
    internal uint StartSequence { get; set; }

    /// <summary>Whether the first message after its admission has not come: with it, its use of memory is known.</summary>
    internal bool IsCapabilityOpen { get; set; }

    internal ScheduleMemory? Memory { get; set; }

    internal int Slot { get; set; }

    /// <summary>Its next turn, in the timeline's queue.</summary>
    internal EventHandle Event { get; set; }

    /// <summary>The limit its turn was granted with.</summary>
    internal SimTime GrantedLimit { get; set; }

    /// <summary>The number of its last WAIT.</summary>
    internal uint WaitSequence { get; set; }

    internal bool IsBroadcasting { get; set; }

    /// <summary>Turns it has had at <see cref="LastTurn"/>.</summary>
    internal int TurnsAtInstant { get; set; }

    internal SimTime LastTurn { get; set; }

    internal bool IsAdmitted => State is ParticipantState.Running or ParticipantState.Waiting;

    /// <summary>
    /// Moves the timeline to the participant's own time. For a device whose guest is in a kick; what the guest publishes in its
    /// memory is checked here, what it sends in messages when it sends it.
    /// </summary>
    /// <returns>False when it has not the turn or broke a rule; it has been dropped then.</returns>
    public bool Synchronize() => _calendar.Synchronize(this);

    /// <summary>
    /// Prepares an interrupt to the participant while it waits and nobody has the turn: the calendar publishes the time as its
    /// own. Then the device calls, and serves the reactor until the call is answered.
    /// </summary>
    /// <returns>False when it is not waiting (not admitted yet, or gone): nobody can be interrupted.</returns>
    /// <exception cref="InvalidOperationException">Somebody has the turn: a device may not interrupt anybody then.</exception>
    public bool BeginInterrupt() => _calendar.BeginInterrupt(this);

    /// <summary>Ends what <see cref="BeginInterrupt"/> began: takes over the request that the interrupt has led to.</summary>
    /// <returns>False when the participant is gone.</returns>
    public bool EndInterrupt() => _calendar.EndInterrupt(this);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>An instant in the participant's own time, in nanoseconds.</summary>
    internal ulong ToLocal(SimTime time) => time.Nanoseconds - AdmittedAt.Nanoseconds;

    /// <summary>An instant from the participant's own time; times that mean "idle" become <see cref="SimTime.Never"/>.</summary>
    internal SimTime FromLocal(ulong time) =>
        time >= TimeTravelMessage.IdleTime ? SimTime.Never : AdmittedAt + SimDuration.FromNanoseconds(time);

    /// <summary>Numbers a message that will be acknowledged.</summary>
    /// <returns>False when too many are not.</returns>
    internal bool TryNumber(out uint sequence)
    {
        sequence = ++_lastSequence;
        if (_unacknowledgedCount == UnacknowledgedMax)
        {
            return false;
        }

        _unacknowledged[_unacknowledgedCount++] = sequence;
        return true;
    }

    /// <summary>Numbers a message that will not be acknowledged (RUN, where memory is used).</summary>
    internal uint Number() => ++_lastSequence;

    internal bool IsUnacknowledged(uint sequence) =>
        _unacknowledged.AsSpan(0, _unacknowledgedCount).Contains(sequence);

    /// <summary>Takes note of an acknowledgement.</summary>
    /// <returns>False when nothing with that number waits for one.</returns>
    internal bool Acknowledge(uint sequence)
    {
        int index = _unacknowledged.AsSpan(0, _unacknowledgedCount).IndexOf(sequence);
        if (index < 0)
        {
            return false;
        }

        _unacknowledged[index] = _unacknowledged[--_unacknowledgedCount];
        return true;
    }

    internal void ForgetUnacknowledged() => _unacknowledgedCount = 0;

    void IEventHandler.Handle(Timeline timeline, ulong argument) => _calendar.OnDue(this);

    void ITurn.Lower(SimTime limit) => _calendar.LowerTurn(this, limit);

    void IReadinessHandler.OnReadable() => _calendar.OnReadable(this);
}
