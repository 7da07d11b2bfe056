namespace Orrery.Simulation;

/// <summary>What ends a run in the middle of an epoch: a cancellation or a failure.</summary>
internal sealed class RunControl(Worker[] workers)
{
    private readonly Lock _lock = new();
    private volatile bool _stopsNow;

    /// <summary>Whether to run no further event.</summary>
    internal bool StopsNow => _stopsNow;

    /// <summary>The earliest failure, if there is one.</summary>
    internal TimelineFailure? Failure { get; private set; }

    /// <summary>Stops all workers after the events they run. From any thread.</summary>
    internal void Stop()
    {
        _stopsNow = true;
        Interlocked.MemoryBarrier(); // workers look at their attention times, then at the flag
        foreach (Worker worker in workers)
        {
            worker.Interrupt();
        }
    }

    internal void Fail(TimelineFailure failure)
    {
        lock (_lock)
        {
            if (Failure is null || failure.Time < Failure.Time)
            {
                Failure = failure;
            }
        }

        Stop();
    }
}
