using Orrery.Posix;
using Orrery.Virtio;

namespace Orrery.Lab.Running;

/// <summary>Waits for the guest of one device and hands it over; then nobody else can connect.</summary>
internal sealed class DeviceListener : IReadinessHandler, IDisposable
{
    // Before the calendar's sockets (docs/architecture.md): a guest that connects is blocked until it is served.
    private const int Urgency = 2;

    private readonly Reactor _reactor;
    private readonly VhostUserDevice _device;
    private readonly string _path;
    private FileDescriptor? _socket;
    private int _token;

    private DeviceListener(Reactor reactor, VhostUserDevice device, string path, FileDescriptor socket)
    {
        _reactor = reactor;
        _device = device;
        _path = path;
        _socket = socket;
        _token = reactor.Add(socket, this, Urgency);
    }

    /// <summary>Listens at <paramref name="path"/> for the guest of <paramref name="device"/>.</summary>
    /// <returns>Null, and in <paramref name="error"/> the negated <see cref="Errno"/>, when that is not possible.</returns>
    public static DeviceListener? Create(Reactor reactor, VhostUserDevice device, string path, out int error)
    {
        FileDescriptor? socket = UnixSocket.Listen(path, 1, out error);
        return socket is null ? null : new DeviceListener(reactor, device, path, socket);
    }

    /// <inheritdoc/>
    public void OnReadable()
    {
        if (UnixSocket.Accept(_socket!, out _) is { } connection)
        {
            Close();
            _device.Connect(connection);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        _device.Dispose();
    }

    private void Close()
    {
        if (_socket is not null)
        {
            _reactor.Remove(_token);
            _socket.Dispose();
            _socket = null;
            File.Delete(_path);
        }
    }
}
