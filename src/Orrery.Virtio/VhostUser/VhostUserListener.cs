using Orrery.Posix;

namespace Orrery.Virtio;

/// <summary>
/// The socket file where guests find a device. It exists from before the first guest starts (a guest tries once) until this
/// object is disposed.
/// </summary>
public sealed class VhostUserListener : IReadinessHandler, IDisposable
{
    /// <summary>Guests that have come and are not served yet.</summary>
    private const int Backlog = 16;

    /// <summary>After everything that somebody may be waiting for.</summary>
    private const int Urgency = 9;

    private readonly string _path;
    private readonly FileDescriptor _socket;
    private readonly Reactor _reactor;
    private readonly Action<FileDescriptor> _connected;
    private readonly int _token;
    private bool _closed;

    private VhostUserListener(string path, FileDescriptor socket, Reactor reactor, Action<FileDescriptor> connected)
    {
        _path = path;
        _socket = socket;
        _reactor = reactor;
        _connected = connected;
        _token = reactor.Add(socket, this, Urgency);
    }

    /// <summary>Listens for guests.</summary>
    /// <param name="path">Socket path: below 108 bytes, without a colon (a guest's command line ends it there); must not exist.</param>
    /// <param name="reactor">Serves the timeline's sockets.</param>
    /// <param name="connected">Handed each connection, which it then owns.</param>
    /// <param name="problem">Why it failed, or null.</param>
    /// <returns>The listener, or null.</returns>
    public static VhostUserListener? Open(
        string path, Reactor reactor, Action<FileDescriptor> connected, out string? problem)
    {
        problem = null;
        if (path.Contains(':', StringComparison.Ordinal))
        {
            problem = $"{path}: a guest cannot be given a socket path with a colon";
            return null;
        }

        FileDescriptor? socket = UnixSocket.Listen(path, Backlog, out int error);
        if (socket is null)
        {
            problem = $"{path}: {Errno.Describe(error)}";
            return null;
        }

        return new VhostUserListener(path, socket, reactor, connected);
    }

    /// <summary>Listens for the one guest of <paramref name="device"/>; a second is turned away.</summary>
    /// <inheritdoc cref="Open(string, Reactor, Action{FileDescriptor}, out string?)"/>
    public static VhostUserListener? Open(string path, Reactor reactor, VhostUserDevice device, out string? problem)
        => Open(
            path,
            reactor,
            connection =>
            {
                if (device.State == TransportState.Idle)
                {
                    device.Connect(connection);
                }
                else
                {
                    connection.Dispose();
                }
            },
            out problem);

    /// <inheritdoc/>
    public void OnReadable()
    {
        FileDescriptor? connection = UnixSocket.Accept(_socket, out _);
        if (connection is not null)
        {
            _connected(connection);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_closed)
        {
            _closed = true;
            _reactor.Remove(_token);
            _socket.Dispose();
            File.Delete(_path);
        }
    }
}
