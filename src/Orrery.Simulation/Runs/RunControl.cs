namespace Orrery.Simulation;

/// <summary>What ends a run in the middle of an epoch: a cancellation or a failure.</summary>
internal sealed class RunControl
{
    private volatile bool _stopsNow;
    private TimelineFailure? _failure;

    /// <summary>Whether to run no further event.</summary>
    internal bool StopsNow => _stopsNow;

    internal TimelineFailure? Failure => _failure;

    internal void Stop() => _stopsNow = true;

    internal void Fail(TimelineFailure failure)
    {
        Interlocked.CompareExchange(ref _failure, failure, null);
        Stop();
    }
}
