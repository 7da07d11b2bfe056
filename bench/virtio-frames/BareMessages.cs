using Orrery.Posix;

namespace Orrery.Bench.VirtioFrames;

/// <summary>The messages of a frame each way and nothing else: 20 bytes there and 20 back, on two socket pairs and one reactor.</summary>
internal sealed class BareMessages : IDisposable
{
    private const int MessageBytes = 20;

    private readonly Reactor _reactor = new();
    private readonly Pair _kicks;
    private readonly Pair _calls;

    public BareMessages()
    {
        _kicks = new Pair(_reactor);
        _calls = new Pair(_reactor);
    }

    public void Round()
    {
        _kicks.Exchange(_reactor);
        _calls.Exchange(_reactor);
    }

    public void Dispose()
    {
        _kicks.Dispose();
        _calls.Dispose();
        _reactor.Dispose();
    }

    private sealed class Pair : IDisposable
    {
        private readonly End _near;
        private readonly End _far;

        public Pair(Reactor reactor)
        {
            (FileDescriptor near, FileDescriptor far) = UnixSocket.CreatePair();
            _near = new End(near, answers: false);
            _far = new End(far, answers: true);
            reactor.Add(near, _near, 0);
            reactor.Add(far, _far, 1);
        }

        public void Exchange(Reactor reactor)
        {
            _near.Received = false;
            _near.Send();
            while (!_near.Received)
            {
                reactor.RunOnce(-1);
            }
        }

        public void Dispose()
        {
            _near.Socket.Dispose();
            _far.Socket.Dispose();
        }
    }

    private sealed class End(FileDescriptor socket, bool answers) : IReadinessHandler
    {
        public FileDescriptor Socket { get; } = socket;

        public bool Received { get; set; }

        public void Send()
        {
            Span<byte> message = stackalloc byte[MessageBytes];
            UnixSocket.Send(Socket, message);
        }

        public void OnReadable()
        {
            Span<byte> message = stackalloc byte[MessageBytes];
            UnixSocket.Receive(Socket, message);
            Received = true;
            if (answers)
            {
                Send();
            }
        }
    }
}
