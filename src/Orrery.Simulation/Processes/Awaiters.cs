using System.Runtime.CompilerServices;

namespace Orrery.Simulation;

/// <summary>What a <see cref="SimTask"/> can await.</summary>
internal interface ISimulationAwaiter : ICriticalNotifyCompletion
{
    /// <summary>Makes sure that <paramref name="task"/> is resumed.</summary>
    void Suspend(SimTask task);

    void INotifyCompletion.OnCompleted(Action continuation) => throw NotInSimulation();

    void ICriticalNotifyCompletion.UnsafeOnCompleted(Action continuation) => throw NotInSimulation();

    private static InvalidOperationException NotInSimulation() =>
        new("Simulated time is awaited in async methods that return SimTask.");
}

/// <summary>Awaits an instant of simulated time.</summary>
public readonly struct DelayAwaiter : ISimulationAwaiter
{
    private readonly Process _process;
    private readonly SimTime _due;

    internal DelayAwaiter(Process process, SimTime due)
    {
        _process = process;
        _due = due;
    }

    /// <summary>Whether there is nothing to wait for.</summary>
    public bool IsCompleted => _process.IsCancelled;

    /// <summary>For the compiler's <c>await</c>.</summary>
    public DelayAwaiter GetAwaiter() => this;

    /// <summary>Ends the wait.</summary>
    /// <exception cref="OperationCanceledException">The process was cancelled.</exception>
    public void GetResult() => _process.ThrowIfCancelled();

    void ISimulationAwaiter.Suspend(SimTask task) => task.Wait(_process, _due, null);
}

/// <summary>Awaits a signal, perhaps with a timeout.</summary>
public readonly struct WaitAwaiter : ISimulationAwaiter
{
    private readonly Process _process;
    private readonly Signal _signal;
    private readonly SimTime _timeout;

    internal WaitAwaiter(Process process, Signal signal, SimTime timeout)
    {
        _process = process;
        _signal = signal;
        _timeout = timeout;
    }

    /// <inheritdoc cref="DelayAwaiter.IsCompleted"/>
    public bool IsCompleted => _process.IsCancelled;

    /// <inheritdoc cref="DelayAwaiter.GetAwaiter"/>
    public WaitAwaiter GetAwaiter() => this;

    /// <summary>Ends the wait.</summary>
    /// <returns>False when the time ran out before the signal was raised.</returns>
    /// <exception cref="OperationCanceledException">The process was cancelled.</exception>
    public bool GetResult()
    {
        _process.ThrowIfCancelled();
        return _process.LastWake == WakeReason.Signal;
    }

    void ISimulationAwaiter.Suspend(SimTask task) => task.Wait(_process, _timeout, _signal);
}

/// <summary>Awaits a task.</summary>
public readonly struct SimTaskAwaiter : ISimulationAwaiter
{
    private readonly SimTask _task;

    internal SimTaskAwaiter(SimTask task) => _task = task;

    /// <inheritdoc cref="DelayAwaiter.IsCompleted"/>
    public bool IsCompleted => _task.IsCompleted;

    /// <summary>Throws what the task threw.</summary>
    public void GetResult() => _task.ThrowIfFailed();

    void ISimulationAwaiter.Suspend(SimTask task) => _task.ContinueWith(task);
}

/// <summary>Awaits a task with a result.</summary>
public readonly struct SimTaskAwaiter<T> : ISimulationAwaiter
{
    private readonly SimTask<T> _task;

    internal SimTaskAwaiter(SimTask<T> task) => _task = task;

    /// <inheritdoc cref="DelayAwaiter.IsCompleted"/>
    public bool IsCompleted => _task.IsCompleted;

    /// <summary>The task's result, or throws what the task threw.</summary>
    public T GetResult() => _task.Result();

    void ISimulationAwaiter.Suspend(SimTask task) => _task.ContinueWith(task);
}
