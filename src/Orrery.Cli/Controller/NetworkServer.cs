using Orrery.Posix;
using Orrery.Virtio;

namespace Orrery.Cli.Controller;

/// <summary>Who holds the time of a guest with a network card, and runs the card's interrupts.</summary>
internal sealed record CardHost(IGuestClock Clock, IDeviceScheduler Scheduler);

/// <summary>The socket at which guests find the network: each connection is a card of its own at the switch.</summary>
internal sealed class NetworkServer : IDisposable
{
    private readonly FrameSwitch _switch;
    private readonly Reactor _reactor;
    private readonly Func<FileDescriptor, CardHost?> _hostOf;
    private readonly Action<string> _complain;
    private readonly List<VhostUserDevice> _served = [];
    private VhostUserListener? _listener;
    private int _cardCount;

    private NetworkServer(
        FrameSwitch frameSwitch, Reactor reactor, Func<FileDescriptor, CardHost?> hostOf, Action<string> complain)
    {
        _switch = frameSwitch;
        _reactor = reactor;
        _hostOf = hostOf;
        _complain = complain;
    }

    /// <summary>Listens for guests.</summary>
    /// <param name="path">The socket's path; must not exist.</param>
    /// <param name="frameSwitch">Where the cards are plugged in.</param>
    /// <param name="reactor">Serves the sockets.</param>
    /// <param name="hostOf">Who holds the guest that has connected; null turns it away.</param>
    /// <param name="complain">Told of guests that break a rule, in a line.</param>
    /// <param name="problem">Why it failed, or null.</param>
    public static NetworkServer? Open(
        string path,
        FrameSwitch frameSwitch,
        Reactor reactor,
        Func<FileDescriptor, CardHost?> hostOf,
        Action<string> complain,
        out string? problem)
    {
        var server = new NetworkServer(frameSwitch, reactor, hostOf, complain);
        server._listener = VhostUserListener.Open(path, reactor, server.Connected, out problem);
        return server._listener is null ? null : server;
    }

    /// <summary>Closes every connection and removes the socket.</summary>
    public void Dispose()
    {
        _listener?.Dispose();
        foreach (VhostUserDevice device in _served)
        {
            device.Dispose();
        }
    }

    private void Connected(FileDescriptor connection)
    {
        ForgetThoseThatLeft();
        CardHost? host = _hostOf(connection);
        if (host is null)
        {
            _complain($"process {UnixSocket.PeerProcess(connection)} wants a network card but takes no part: it is turned away");
            connection.Dispose();
            return;
        }

        var served = new VhostUserDevice(
            $"network card {++_cardCount}", _switch.AddStation(), host.Clock, host.Scheduler, _reactor, fault => _complain(fault.ToString()));
        served.Connect(connection);
        _served.Add(served);
    }

    private void ForgetThoseThatLeft()
    {
        for (int i = _served.Count - 1; i >= 0; i--)
        {
            if (_served[i].State != TransportState.Connected)
            {
                _switch.Remove((VirtioNetDevice)_served[i].Device);
                _served.RemoveAt(i);
            }
        }
    }
}
