using System.Net.Sockets;

namespace Orrery.Cli.Tests;

/// <summary>Somebody at a socket who serves one connection after the other, on a thread of its own.</summary>
internal abstract class MockPeer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Thread _thread;

    protected MockPeer(string path)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(8);
        _thread = new Thread(ServeAll);
    }

    /// <summary>Begins to serve.</summary>
    public void Start() => _thread.Start();

    public void Dispose()
    {
        _listener.Dispose();
        _thread.Join();
    }

    /// <summary>Serves a connection, which is closed afterwards.</summary>
    protected abstract void Serve(Socket peer);

    /// <summary>Fills <paramref name="bytes"/>.</summary>
    /// <returns>False when the other side has gone.</returns>
    protected static bool TryReceive(Socket peer, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int count = peer.Receive(bytes);
            if (count == 0)
            {
                return false;
            }

            bytes = bytes[count..];
        }

        return true;
    }

    private void ServeAll()
    {
        try
        {
            while (true)
            {
                using Socket peer = _listener.Accept();
                ServeOne(peer);
            }
        }
        catch (SocketException)
        {
            // disposed: nobody is awaited any more
        }
        catch (ObjectDisposedException)
        {
            // disposed before Accept
        }
    }

    private void ServeOne(Socket peer)
    {
        try
        {
            Serve(peer);
        }
        catch (SocketException)
        {
            // the other side has gone in the middle of it
        }
    }
}

/// <summary>A device that answers the first thing its driver says with given bytes, and then closes.</summary>
internal sealed class RudeDevice(string path, byte[] answer) : MockPeer(path)
{
    /// <inheritdoc/>
    protected override void Serve(Socket peer)
    {
        var request = new byte[12];
        TryReceive(peer, request);
        peer.Send(answer);
        peer.Shutdown(SocketShutdown.Send);

        // What is closed unread takes the answer with it.
        while (peer.Receive(request) > 0)
        {
        }
    }
}
