using System.Diagnostics.CodeAnalysis;

namespace Orrery.Simulation;

/// <summary>
/// A sequential scheduling domain: one queue of events, one current time, one thread at a time. The literature on parallel
/// simulation calls it a logical process.
/// </summary>
/// <remarks>
/// Its members are for its own handlers, and for everybody while the simulation stands still (before a run, between runs, in
/// <see cref="Simulator.EpochEnded"/>).
/// </remarks>
public sealed class Timeline
{
    private readonly EventQueue _queue = new();
    private ITurn? _turn;
    private ulong _turnLimit;

    internal Timeline(Simulator simulator, int index, string name, SimTime now)
    {
        Simulator = simulator;
        Index = index;
        Name = name;
        Now = now;
        Limit = now;
    }

    /// <summary>The simulator it belongs to.</summary>
    public Simulator Simulator { get; }

    /// <summary>What messages call it.</summary>
    public string Name { get; }

    /// <summary>Its current time: that of the running event, or what the holder of the turn moved it to.</summary>
    public SimTime Now { get; private set; }

    /// <summary>The end, exclusive, of the current window: no other timeline can cause anything here before it.</summary>
    public SimTime Limit { get; private set; }

    /// <summary>How far a turn may be granted now: the earlier of <see cref="Limit"/> and the next event.</summary>
    public SimTime FreeUntil => SimTime.Min(Limit, _queue.NextTime);

    /// <summary>When its next event is due, or <see cref="SimTime.Never"/>.</summary>
    public SimTime NextEventTime => _queue.NextTime;

    /// <summary>Events that are pending.</summary>
    public int PendingCount => _queue.Count;

    /// <summary>Events it has run since it was made.</summary>
    public ulong EventCount { get; private set; }

    /// <summary>Windows it has run since it was made. Not the same in every run.</summary>
    public ulong WindowCount { get; private set; }

    /// <summary>The turn that is out, if any.</summary>
    public ITurn? Turn => _turn;

    /// <summary>
    /// How much work it is likely to be, compared with others; balances the workers. Known before the first run of a topology.
    /// </summary>
    public double Weight { get; set; } = 1;

    /// <summary>The worker that runs it, from <see cref="Simulator.AssignWorkers"/> on.</summary>
    public int WorkerIndex => Share?.Worker.Index ?? 0;

    internal int Index { get; }

    internal TimelineShare? Share { get; set; }

    internal int GroupIndex { get; set; }

    internal EventQueue Queue => _queue;

    internal RecordBuffer Records { get; } = new();

    /// <summary>Schedules an event that <paramref name="origin"/> causes.</summary>
    /// <param name="due">Not before <see cref="Now"/>.</param>
    /// <param name="priority">Its place among the events of one instant.</param>
    /// <param name="origin">Who causes it.</param>
    /// <param name="handler">Who is called.</param>
    /// <param name="argument">Handed to <paramref name="handler"/>.</param>
    /// <returns>A handle to cancel or reschedule it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It would be due in the past.</exception>
    public EventHandle Schedule(SimTime due, EventPriority priority, Origin origin, IEventHandler handler, ulong argument = 0)
    {
        CheckNotPast(due);
        EventHandle handle = _queue.Add(due, priority, origin, handler, argument);
        LowerTurn(due);
        return handle;
    }

    /// <summary>Takes an event back.</summary>
    /// <returns>False when it is no longer pending: it has run or was cancelled.</returns>
    public bool Cancel(EventHandle handle) => _queue.Cancel(handle);

    /// <summary>Whether the event is still to come.</summary>
    public bool IsPending(EventHandle handle) => _queue.Contains(handle);

    /// <summary>Moves a pending event to another time; its priority, origin and sequence number stay.</summary>
    /// <returns>The handle that replaces <paramref name="handle"/>; <see cref="EventHandle.None"/> when it is no longer pending.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It would be due in the past.</exception>
    public EventHandle Reschedule(EventHandle handle, SimTime due)
    {
        CheckNotPast(due);
        EventHandle moved = _queue.Reschedule(handle, due);
        if (moved != EventHandle.None)
        {
            LowerTurn(due);
        }

        return moved;
    }

    /// <summary>
    /// Hands the timeline's time to <paramref name="turn"/>, which may move it (<see cref="AdvanceTo"/>) up to the returned
    /// limit, exclusive, until <see cref="EndTurn"/>. Called inside an event.
    /// </summary>
    /// <returns><see cref="FreeUntil"/>. When something is scheduled before it, the turn is told (<see cref="ITurn.Lower"/>).</returns>
    /// <exception cref="InvalidOperationException">A turn is out already.</exception>
    public SimTime BeginTurn(ITurn turn)
    {
        if (_turn is not null)
        {
            throw new InvalidOperationException($"Timeline {Name} has a turn out already.");
        }

        _turn = turn;
        SimTime limit = FreeUntil;
        _turnLimit = limit.Nanoseconds;
        return limit;
    }

    /// <summary>Ends the turn that is out.</summary>
    public void EndTurn() => _turn = null;

    /// <summary>Moves the time; only for the holder of the turn.</summary>
    /// <returns>
    /// False, and nothing moved, when <paramref name="time"/> is before <see cref="Now"/>, or after it and not before the
    /// limit the turn has: whoever runs broke the rules.
    /// </returns>
    public bool AdvanceTo(SimTime time)
    {
        if (_turn is null || time < Now || (time.Nanoseconds >= _turnLimit && time != Now))
        {
            return false;
        }

        Now = time;
        if (Share is { } share && time.Nanoseconds >= share.AttentionAt)
        {
            share.Attend(this); // whoever waits for this timeline need not wait for the end of the turn
        }

        return true;
    }

    /// <summary>Makes a record of something worth seeing, now; readers get it at the end of the epoch.</summary>
    /// <param name="source">Who makes it; it numbers the record.</param>
    /// <param name="kind">What it tells of.</param>
    /// <param name="payload">Its content; copied.</param>
    public void Record(Origin source, RecordKind kind, ReadOnlySpan<byte> payload) => Records.Add(Now, source, kind, payload);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Adds an event that another timeline caused; its origin has numbered it there.</summary>
    internal void Receive(in Message message)
    {
        CheckNotPast(SimTime.FromNanoseconds(message.Due)); // the other half of Channel.Post's check
        _queue.Add(message.Due, message.Rank, message.Sequence, message.Handler, message.Argument);
    }

    /// <summary>Runs every event before <paramref name="limit"/> (nanoseconds), or fewer when the run is to stop.</summary>
    internal void RunWindow(ulong limit, TimelineShare share)
    {
        Limit = SimTime.FromNanoseconds(limit);
        WindowCount++;
        while (_queue.TryTake(limit, out ulong due, out IEventHandler? handler, out ulong argument))
        {
            Now = SimTime.FromNanoseconds(due);
            EventCount++;
            handler.Handle(this, argument);
            if (Now.Nanoseconds >= share.AttentionAt && !share.Attend(this))
            {
                return;
            }
        }
    }

    /// <summary>Everything stands still at <paramref name="time"/>.</summary>
    internal void StandAt(SimTime time)
    {
        Now = time;
        Limit = time;
    }

    /// <summary>Takes the place of the saved timeline; <paramref name="state"/> has been checked.</summary>
    internal void Restore(TimelineState state, SimTime now, IHandlerCatalog catalog)
    {
        StandAt(now);
        EventCount = state.EventCount;
        _queue.Clear();
        foreach (EventState saved in state.Events)
        {
            IEventHandler handler = catalog.HandlerOf(saved.Handler)!;
            uint rank = EventRank.Of(saved.Priority, saved.Origin);
            EventHandle handle = _queue.Add(saved.DueNanoseconds, rank, saved.Sequence, handler, saved.Argument);
            (handler as IRestoredHandler)?.OnRestored(handle, saved.Argument);
        }
    }

    private void LowerTurn(SimTime due)
    {
        if (_turn is not null && due.Nanoseconds < _turnLimit)
        {
            _turnLimit = due.Nanoseconds;
            _turn.Lower(due);
        }
    }

    private void CheckNotPast(SimTime due)
    {
        if (due < Now)
        {
            ThrowPast(due);
        }
    }

    [DoesNotReturn]
    private void ThrowPast(SimTime due) =>
        throw new ArgumentOutOfRangeException(nameof(due), $"Timeline {Name} is at {Now}: nothing can be due at {due} any more.");
}
