namespace Orrery.Simulation;

/// <summary>
/// A program in simulated time: an <c>async</c> method that returns <see cref="SimTask"/> and awaits delays, signals and
/// mailboxes. It runs inside its timeline's events, at priority <see cref="EventPriority.Processes"/>, never on the thread
/// pool; awaiting allocates nothing.
/// </summary>
/// <remarks>
/// The method may call other such methods, and may start one without awaiting it (<c>_ = Serve(process);</c>): then both go
/// on as parts of one process. A part that fails while nobody awaits it fails the process.
/// </remarks>
public sealed class Process : IEventHandler
{
    private readonly List<SimTask> _waiting = [];
    private Func<Process, SimTask>? _body;

    private Process(Timeline timeline, Origin origin, Func<Process, SimTask> body)
    {
        Timeline = timeline;
        Origin = origin;
        _body = body;
    }

    /// <summary>Where it runs.</summary>
    public Timeline Timeline { get; }

    /// <summary>The origin of everything it schedules.</summary>
    public Origin Origin { get; }

    /// <summary>What messages call it.</summary>
    public string Name => Origin.Name;

    /// <summary>The current time.</summary>
    public SimTime Now => Timeline.Now;

    /// <summary>Whether its method has returned, by itself or because it was cancelled.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Whether it was cancelled.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>Raised when its method has returned.</summary>
    public Signal Ended { get; } = new();

    /// <summary>Why the part that runs now was resumed.</summary>
    internal WakeReason LastWake { get; private set; }

    /// <summary>Starts a process at the timeline's current time.</summary>
    /// <param name="timeline">Where it runs.</param>
    /// <param name="origin">Its own; no other process shares it.</param>
    /// <param name="body">The program.</param>
    public static Process Start(Timeline timeline, Origin origin, Func<Process, SimTask> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        var process = new Process(timeline, origin, body);
        timeline.Schedule(timeline.Now, EventPriority.Processes, origin, process);
        return process;
    }

    /// <summary>Awaits a delay. A delay of zero lets everything else that is due now go first.</summary>
    public DelayAwaiter Delay(SimDuration duration) => new(this, Now + duration);

    /// <summary>Awaits an instant; one that has passed counts as now.</summary>
    public DelayAwaiter Until(SimTime time) => new(this, SimTime.Max(time, Now));

    /// <summary>Awaits the next time <paramref name="signal"/> is raised.</summary>
    public WaitAwaiter Wait(Signal signal) => new(this, signal, SimTime.Never);

    /// <summary>Awaits the next time <paramref name="signal"/> is raised, but no longer than <paramref name="timeout"/>.</summary>
    /// <returns>Awaited: false when the time ran out.</returns>
    public WaitAwaiter Wait(Signal signal, SimDuration timeout) => new(this, signal, Now + timeout);

    /// <summary>
    /// Ends the process: whatever it awaits, now or later, throws <see cref="OperationCanceledException"/>. To be called on the
    /// process's timeline.
    /// </summary>
    public void Cancel()
    {
        if (IsCancelled || HasEnded)
        {
            return;
        }

        IsCancelled = true;
        foreach (SimTask task in _waiting)
        {
            task.Wake(WakeReason.Cancellation);
        }
    }

    /// <summary>Runs the program to its first await; for the timeline.</summary>
    void IEventHandler.Handle(Timeline timeline, ulong argument)
    {
        Func<Process, SimTask> body = _body!;
        _body = null;
        SimTask task;
        try
        {
            ThrowIfCancelled();
            task = body(this);
        }
        catch (Exception exception)
        {
            End(exception);
            return;
        }

        task.BelongTo(this);
    }

    internal void BeginWait(SimTask task) => _waiting.Add(task);

    internal void Resume(SimTask task, WakeReason reason)
    {
        _waiting.Remove(task);
        LastWake = reason;
        task.MoveNext();
    }

    internal void ThrowIfCancelled()
    {
        if (IsCancelled)
        {
            throw new OperationCanceledException($"Process {Name} was cancelled.");
        }
    }

    /// <summary>The program has returned (null) or thrown.</summary>
    internal void End(Exception? exception)
    {
        HasEnded = true;
        Ended.Raise();
        Check(exception);
    }

    /// <summary>Lets an exception that nobody awaits fail the process, unless it is its cancellation.</summary>
    /// <exception cref="ProcessFailedException">Always but then.</exception>
    internal void Check(Exception? exception)
    {
        if (exception is not null && !(IsCancelled && exception is OperationCanceledException))
        {
            throw new ProcessFailedException(this, exception);
        }
    }
}

/// <summary>Why a task that waited goes on.</summary>
internal enum WakeReason
{
    /// <summary>The time it waited for has come.</summary>
    Time,

    /// <summary>The signal it waited for was raised.</summary>
    Signal,

    /// <summary>Its process was cancelled.</summary>
    Cancellation,
}
