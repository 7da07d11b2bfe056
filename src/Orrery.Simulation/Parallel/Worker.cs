using System.Diagnostics;

namespace Orrery.Simulation;

/// <summary>Runs the timelines that were assigned to it, on one thread. Worker 0 is the thread that runs the simulation.</summary>
internal sealed class Worker(int index)
{
    private readonly Gate _gate = new();
    private RunControl? _control;
    private volatile TimelineShare[] _shares = [];

    internal int Index { get; } = index;

    /// <summary>
    /// A mistake for tests to find: it puts what comes from other workers, among events of the same instant and priority, in
    /// the reverse order of origins, after what comes from its own.
    /// </summary>
    internal bool IsDisorderly { get; set; }

    /// <summary>How long it was running its shares in this epoch, rather than waiting for others.</summary>
    internal TimeSpan Busy { get; private set; }

    /// <summary>Whether to run no further event.</summary>
    internal bool StopsNow => _control!.StopsNow;

    /// <summary>Whether it has anything to do in this epoch.</summary>
    internal bool IsNeeded => Array.Exists(_shares, share => !share.IsFinished);

    internal void Assign(TimelineShare[] shares) => _shares = shares;

    internal void BeginEpoch() => Busy = TimeSpan.Zero;

    internal void BeginRun(RunControl control) => _control = control;

    internal void Fail(TimelineFailure failure) => _control!.Fail(failure);

    /// <summary>Something that a share waited for has happened. From any thread.</summary>
    internal void Wake() => _gate.Open();

    /// <summary>Makes it look whether the run is to stop. From any thread.</summary>
    internal void Interrupt()
    {
        foreach (TimelineShare share in _shares)
        {
            share.AskForAttention();
        }

        Wake();
    }

    /// <summary>Runs its shares to the end of the epoch.</summary>
    internal void RunEpoch()
    {
        long begin = Stopwatch.GetTimestamp();
        while (true)
        {
            _gate.Close(); // before the shares look: what happens from here on opens it again
            bool isFinished = true;
            foreach (TimelineShare share in _shares)
            {
                isFinished &= share.IsFinished || share.Run();
            }

            long end = Stopwatch.GetTimestamp();
            Busy += Stopwatch.GetElapsedTime(begin, end);
            if (isFinished || StopsNow)
            {
                return;
            }

            _gate.Wait();
            begin = Stopwatch.GetTimestamp();
            Blame(Stopwatch.GetElapsedTime(end, begin));
        }
    }

    private void Blame(TimeSpan waited)
    {
        foreach (TimelineShare share in _shares)
        {
            if (share.Blamed is { } channel)
            {
                channel.HeldBack += waited;
            }
        }
    }
}
