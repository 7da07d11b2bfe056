using System.Net.Sockets;
using Orrery.Posix;

namespace Orrery.Lab.Running;

/// <summary>
/// The processors that a run's workers and their guests stay on. Runs that go on side by side take different ones as long as
/// there are any: a lease is a bound abstract socket name, which ends with the process however that ends.
/// </summary>
internal sealed class ProcessorLease : IDisposable
{
    private readonly List<Socket> _held = [];

    private readonly IReadOnlyList<int> _allowed = Affinity.AllowedProcessors();

    private ProcessorLease()
    {
    }

    /// <summary>One processor per worker.</summary>
    public IReadOnlyList<int> Processors { get; private set; } = [];

    /// <summary>Takes <paramref name="workers"/> processors, free ones first, none twice unless there are too few.</summary>
    public static ProcessorLease Take(int workers)
    {
        var lease = new ProcessorLease();
        IReadOnlyList<int> allowed = lease._allowed;
        List<int> taken = [.. allowed.Where(lease.TryTake).Take(workers)];
        List<int> shared = [.. allowed.Except(taken)];
        // All else is busy with other runs: share from a place that differs between them.
        int start = Environment.ProcessId;
        for (int i = 0; taken.Count < workers; i++)
        {
            taken.Add(i < shared.Count ? shared[(start + i) % shared.Count] : allowed[(start + i) % allowed.Count]);
        }

        lease.Processors = taken;
        return lease;
    }

    /// <summary>Gives the processors back. The calling thread, which was the first worker, may run on all of them again.</summary>
    public void Dispose()
    {
        Affinity.AllowCurrentThread(_allowed);
        foreach (Socket socket in _held)
        {
            socket.Dispose();
        }
    }

    private bool TryTake(int processor)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint($"\0orrery/processor/{processor}"));
            _held.Add(socket);
            return true;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return false;
        }
    }
}
