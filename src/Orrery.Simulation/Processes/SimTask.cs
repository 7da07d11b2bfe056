using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Orrery.Simulation;

/// <summary>
/// The task of an <c>async</c> method in simulated time. To be awaited at most once, by another such method; one that is not
/// awaited goes on as a part of its process.
/// </summary>
[AsyncMethodBuilder(typeof(SimTaskMethodBuilder))]
[SuppressMessage("Naming", "CA1716", Justification = "The field's word.")]
public abstract class SimTask : IEventHandler
{
    private Process? _process; // known from the first wait on
    private SimTask? _continuation;
    private Exception? _exception;
    private bool _isProgram;
    private EventHandle _event;
    private Signal? _signal;

    /// <summary>Whether the method has returned or thrown.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>For the compiler's <c>await</c>.</summary>
    public SimTaskAwaiter GetAwaiter() => new(this);

    /// <summary>The wait is over; for the timeline.</summary>
    void IEventHandler.Handle(Timeline timeline, ulong argument)
    {
        _signal?.Forget(this);
        _signal = null;
        _process!.Resume(this, (WakeReason)argument);
    }

    /// <summary>Runs the method to its next await.</summary>
    internal abstract void MoveNext();

    /// <summary>Waits until <paramref name="due"/>, or earlier when <paramref name="signal"/> is raised.</summary>
    internal void Wait(Process process, SimTime due, Signal? signal)
    {
        _process = process;
        process.BeginWait(this);
        _signal = signal;
        signal?.Remember(this);
        _event = due == SimTime.Never ? EventHandle.None : ScheduleWake(due, WakeReason.Time);
    }

    /// <summary>Ends the wait now. A signal that is raised forgets the task itself.</summary>
    internal void Wake(WakeReason reason)
    {
        if (reason != WakeReason.Signal)
        {
            _signal?.Forget(this);
        }

        _signal = null;
        _process!.Timeline.Cancel(_event);
        _event = ScheduleWake(_process.Now, reason);
    }

    /// <summary>Goes on with <paramref name="continuation"/> when this is complete.</summary>
    internal void ContinueWith(SimTask continuation)
    {
        if (_continuation is not null || _isProgram)
        {
            throw new InvalidOperationException("A SimTask is awaited only once.");
        }

        _continuation = continuation;
    }

    /// <summary>This is the program of <paramref name="process"/>, which ends with it.</summary>
    internal void BelongTo(Process process)
    {
        _isProgram = true;
        _process = process;
        if (IsCompleted)
        {
            process.End(_exception);
        }
    }

    internal void Complete(Exception? exception)
    {
        IsCompleted = true;
        _exception = exception;
        if (_continuation is { } continuation)
        {
            continuation._process ??= _process;
            continuation.MoveNext();
        }
        else if (_isProgram)
        {
            _process!.End(exception);
        }
        else
        {
            _process?.Check(exception);
        }
    }

    internal void ThrowIfFailed()
    {
        if (!IsCompleted)
        {
            throw new InvalidOperationException("The result of a SimTask is only there when it has been awaited.");
        }

        if (_exception is not null)
        {
            ExceptionDispatchInfo.Throw(_exception);
        }
    }

    private EventHandle ScheduleWake(SimTime due, WakeReason reason) =>
        _process!.Timeline.Schedule(due, EventPriority.Processes, _process.Origin, this, (ulong)reason);
}

/// <summary>A <see cref="SimTask"/> with a result.</summary>
[AsyncMethodBuilder(typeof(SimTaskMethodBuilder<>))]
public abstract class SimTask<T> : SimTask
{
    private T? _result;

    /// <inheritdoc cref="SimTask.GetAwaiter"/>
    public new SimTaskAwaiter<T> GetAwaiter() => new(this);

    internal void Complete(T result)
    {
        _result = result;
        Complete(exception: null);
    }

    internal T Result()
    {
        ThrowIfFailed();
        return _result!;
    }
}

/// <summary>A method that returned before its first await.</summary>
internal sealed class ReturnedTask<T> : SimTask<T>
{
    internal static readonly SimTask<T> Default = Returned(default!);

    internal static SimTask<T> Returned(T result)
    {
        var task = new ReturnedTask<T>();
        task.Complete(result);
        return task;
    }

    internal override void MoveNext() => throw new InvalidOperationException("Nothing is left to run.");
}

/// <summary>A method that awaits, with its state machine.</summary>
internal sealed class SuspendedTask<TStateMachine, T> : SimTask<T>
    where TStateMachine : IAsyncStateMachine
{
    internal TStateMachine? StateMachine;

    internal override void MoveNext() => StateMachine!.MoveNext();
}
