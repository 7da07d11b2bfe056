using Orrery.Posix;
using Orrery.Virtio.Tests;

namespace Orrery.Cli.Tests;

/// <summary>
/// A network card at a vhost-user socket, on a thread of its own: it keeps every rule until a test tells it otherwise, so that
/// a driver's handshake, memory and rings are real when the lie comes.
/// </summary>
internal sealed class LyingCard : IReadinessHandler, IDisposable
{
    private readonly Reactor _reactor = new();
    private readonly FileDescriptor _stop = FileDescriptor.CreateEvent();
    private readonly FileDescriptor _listener;
    private readonly Thread _thread;
    private readonly Action<MockDevice> _prepare;
    private readonly List<MockDevice> _devices = [];

    /// <param name="path">Where it listens.</param>
    /// <param name="prepare">Says how it lies, for each driver that connects.</param>
    public LyingCard(string path, Action<MockDevice> prepare)
    {
        _prepare = prepare;
        _listener = UnixSocket.Listen(path, 8, out int error) ?? throw new IOException($"{path}: {Errno.Describe(error)}");
        _reactor.Add(_listener, this, 0);
        _reactor.Add(_stop, new Nothing(), 0);
        _thread = new Thread(Serve);
        _thread.Start();
    }

    public void OnReadable()
    {
        var device = new MockDevice(UnixSocket.Accept(_listener, out _)!, _reactor);
        _prepare(device);
        _devices.Add(device);
    }

    public void Dispose()
    {
        _stop.Write(BitConverter.GetBytes(1UL));
        _thread.Join();
        _devices.ForEach(device => device.Dispose());
        _listener.Dispose();
        _stop.Dispose();
        _reactor.Dispose();
    }

    private void Serve()
    {
        while (!_stop.WaitReadable(0))
        {
            _reactor.RunOnce(-1);
        }
    }

    private sealed class Nothing : IReadinessHandler
    {
        public void OnReadable()
        {
        }
    }
}
