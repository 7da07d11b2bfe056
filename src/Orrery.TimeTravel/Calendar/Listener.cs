using Orrery.Posix;

namespace Orrery.TimeTravel;

/// <summary>A socket in the file system on which a calendar takes connections.</summary>
internal sealed class Listener : IReadinessHandler, IDisposable
{
    private readonly Reactor _reactor;
    private readonly string _path;
    private readonly FileDescriptor _socket;
    private readonly int _token;
    private readonly Action<FileDescriptor> _accepted;
    private readonly Action<string> _refused;

    // Given up for a moment when the process has no descriptor left, so that a connection can at least be refused.
    private FileDescriptor _reserve = FileDescriptor.CreateEvent();

    private Listener(Reactor reactor, string path, FileDescriptor socket, int urgency, Action<FileDescriptor> accepted, Action<string> refused)
    {
        _reactor = reactor;
        _path = path;
        _socket = socket;
        _accepted = accepted;
        _refused = refused;
        _token = reactor.Add(socket, this, urgency);
    }

    /// <summary>Listens at <paramref name="path"/>.</summary>
    /// <returns>Null when it cannot; <paramref name="error"/> is the negated <see cref="Errno"/>.</returns>
    public static Listener? Create(
        Reactor reactor, string path, int urgency, Action<FileDescriptor> accepted, Action<string> refused, out int error)
    {
        const int backlog = 1024;
        FileDescriptor? socket = UnixSocket.Listen(path, backlog, out error);
        return socket is null ? null : new Listener(reactor, path, socket, urgency, accepted, refused);
    }

    public void OnReadable()
    {
        FileDescriptor? connection = UnixSocket.Accept(_socket, out int error);
        if (connection is not null)
        {
            _accepted(connection);
            return;
        }

        _reserve.Dispose();
        UnixSocket.Accept(_socket, out _)?.Dispose();
        _reserve = FileDescriptor.CreateEvent();
        _refused($"a connection to {_path} was refused ({Errno.Describe(error)}): raise the limit of open files (ulimit -n)");
    }

    public void Dispose()
    {
        _reactor.Remove(_token);
        _socket.Dispose();
        _reserve.Dispose();
        File.Delete(_path);
    }
}
