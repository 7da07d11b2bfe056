using System.Collections.Concurrent;
using Orrery.Posix;

namespace Orrery.Lab.Guests;

/// <summary>
/// The thread that starts guests. It wears the system call filter that they inherit, and it lives as long as they may:
/// their death signal (prctl(2), PR_SET_PDEATHSIG) is sent when the thread ends that started them.
/// </summary>
internal sealed class GuestStarter : IDisposable
{
    private const int StackBytes = 256 << 10;

    private readonly BlockingCollection<Action> _work = [];
    private readonly ManualResetEventSlim _ready = new();
    private readonly Thread _thread;

    internal GuestStarter()
    {
        _thread = new Thread(Run, StackBytes) { IsBackground = true, Name = "guest starter" };
        _thread.Start();
        _ready.Wait();
    }

    /// <summary>Who answers the guests' calls; null where the host does not allow that.</summary>
    internal GuestSupervisor? Supervisor { get; private set; }

    /// <summary>Why there is no supervisor.</summary>
    internal int Error { get; private set; }

    /// <summary>Starts a guest.</summary>
    /// <param name="options">The process.</param>
    /// <param name="entropy">Its random bytes.</param>
    /// <param name="imageEnd">What it is told about its program break.</param>
    /// <param name="error">0, or a negated <see cref="Errno"/>.</param>
    internal ChildProcess? Start(SpawnOptions options, EntropyStream entropy, ulong imageEnd, out int error)
    {
        ChildProcess? process = null;
        int result = 0;
        using var done = new ManualResetEventSlim();
        _work.Add(() =>
        {
            process = StartSupervised(options, entropy, imageEnd, out result);
            done.Set();
        });
        done.Wait();
        error = result;
        return process;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        Supervisor?.Dispose();
        _work.Dispose();
        _ready.Dispose();
    }

    private void Run()
    {
        var supervisor = new GuestSupervisor(CurrentThread.Id);
        SeccompListener? listener = SeccompFilter.Install(
            GuestSupervisor.SupervisedCalls,
            SystemCall.VsyscallPage,
            GuestSupervisor.VsyscallPage,
            Errno.ENOSYS,
            out int error);
        if (listener is not null)
        {
            supervisor.Attach(listener);
            Supervisor = supervisor;
        }
        else
        {
            supervisor.Dispose();
            Error = error;
        }

        _ready.Set();
        foreach (Action start in _work.GetConsumingEnumerable())
        {
            start();
        }
    }

    private ChildProcess? StartSupervised(SpawnOptions options, EntropyStream entropy, ulong imageEnd, out int error)
    {
        if (Supervisor is null)
        {
            return Limit(ChildProcess.Start(options, out error));
        }

        // The guest stops at its first supervised call, before it has done anything, until the lock is free.
        lock (Supervisor.Starting)
        {
            ChildProcess? process = Limit(ChildProcess.Start(options, out error));
            if (process is not null)
            {
                Supervisor.Register(process.Id, entropy, imageEnd);
            }

            return process;
        }
    }

    private static ChildProcess? Limit(ChildProcess? process)
    {
        process?.SetLimit(ProcessResource.Core, 0); // a guest prints it
        return process;
    }
}
