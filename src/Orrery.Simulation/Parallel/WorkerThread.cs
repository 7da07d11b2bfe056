namespace Orrery.Simulation;

/// <summary>The thread of a worker during a run.</summary>
internal sealed class WorkerThread
{
    private readonly Worker _worker;
    private readonly Thread _thread;
    private readonly Gate _begin = new();
    private readonly Gate _end = new();
    private Exception? _failure;
    private bool _stops;

    /// <summary>Starts the thread and waits until <paramref name="starting"/> has returned on it.</summary>
    internal WorkerThread(Worker worker, Action<int>? starting)
    {
        _worker = worker;
        _thread = new Thread(() => Run(starting)) { IsBackground = true, Name = $"worker {worker.Index}" };
        _thread.Start();
        _end.Wait();
    }

    /// <summary>What <c>starting</c> threw.</summary>
    internal Exception? Failure => _failure;

    /// <summary>Lets the worker run an epoch, if it has anything to do there: else its thread is not woken.</summary>
    internal void BeginEpoch()
    {
        _worker.BeginEpoch();
        if (_worker.IsNeeded)
        {
            _end.Close();
            _begin.Open();
        }
    }

    internal void WaitForEnd() => _end.Wait();

    internal void Stop()
    {
        _stops = true;
        _begin.Open();
        _thread.Join();
    }

    private void Run(Action<int>? starting)
    {
        try
        {
            starting?.Invoke(_worker.Index);
        }
#pragma warning disable CA1031 // is thrown again by whoever starts the run
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _failure = exception;
        }

        _end.Open();
        while (true)
        {
            _begin.Wait();
            _begin.Close();
            if (_stops)
            {
                return;
            }

            _worker.RunEpoch();
            _end.Open();
        }
    }
}
