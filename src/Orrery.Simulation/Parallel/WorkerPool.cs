using System.Runtime.ExceptionServices;

namespace Orrery.Simulation;

/// <summary>The workers of a simulator; during a run, all but the first have a thread.</summary>
internal sealed class WorkerPool
{
    private readonly Worker[] _workers;
    private readonly List<WorkerThread> _threads = []; // of worker 1 and up

    internal WorkerPool(int count) => _workers = [.. Enumerable.Range(0, count).Select(i => new Worker(i))];

    internal IReadOnlyList<Worker> Workers => _workers;

    /// <summary>How long the workers were busy in the last epoch, together.</summary>
    internal TimeSpan Busy => _workers.Aggregate(TimeSpan.Zero, (sum, worker) => sum + worker.Busy);

    /// <summary>Starts the threads of a run, until <see cref="End"/>.</summary>
    /// <param name="starting">Called with its index on each worker's thread. What it throws is thrown here.</param>
    internal RunControl Begin(Action<int>? starting)
    {
        var control = new RunControl(_workers);
        foreach (Worker worker in _workers)
        {
            worker.BeginRun(control);
        }

        starting?.Invoke(0);
        foreach (Worker worker in _workers.AsSpan(1))
        {
            var thread = new WorkerThread(worker, starting);
            _threads.Add(thread);
            if (thread.Failure is { } failure)
            {
                End();
                ExceptionDispatchInfo.Throw(failure);
            }
        }

        return control;
    }

    /// <summary>Ends the threads.</summary>
    internal void End()
    {
        foreach (WorkerThread thread in _threads)
        {
            thread.Stop();
        }

        _threads.Clear();
    }

    /// <summary>Runs all timelines of <paramref name="groups"/> to <paramref name="end"/> (nanoseconds), or until the run is stopped.</summary>
    internal void RunEpoch(List<TimelineGroup> groups, ulong end)
    {
        foreach (TimelineGroup group in groups)
        {
            group.BeginEpoch(end);
        }

        _workers[0].BeginEpoch();
        foreach (WorkerThread thread in _threads)
        {
            thread.BeginEpoch();
        }

        _workers[0].RunEpoch();
        foreach (WorkerThread thread in _threads)
        {
            thread.WaitForEnd();
        }

        foreach (TimelineGroup group in groups)
        {
            group.EndEpoch();
        }
    }
}
