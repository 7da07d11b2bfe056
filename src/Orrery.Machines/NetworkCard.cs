using Orrery.Machines.Interrupts;
using Orrery.Machines.Stack;
using Orrery.Network;
using Orrery.Simulation;
using Orrery.Virtio;

namespace Orrery.Machines;

/// <summary>A network card of a machine: a virtio driver, the line it interrupts by, the addresses it has.</summary>
public sealed class NetworkCard : INetworkDriverEvents, IDriverHost
{
    private static readonly NetworkDriverOptions DriverOptions = new() { ReceiveBuffers = 16, TransmitBuffers = 8 };

    private readonly Func<IDriverHost, DriverTransport> _connect;
    private readonly MacAddress _mac;
    private readonly IReadOnlyList<StackAddress> _addresses;
    private readonly VirtioNetDriver _driver;
    private Machine? _machine;
    private InterruptLine? _line;
    private DriverTransport? _transport;
    private int _index;

    /// <summary>A card that is not in a machine yet.</summary>
    /// <param name="connect">Reaches the device, when the machine boots.</param>
    /// <param name="mac">Its address.</param>
    /// <param name="addresses">Its addresses in the network.</param>
    public NetworkCard(Func<IDriverHost, DriverTransport> connect, MacAddress mac, IReadOnlyList<StackAddress> addresses)
    {
        _connect = connect;
        _mac = mac;
        _addresses = addresses;
        _driver = new VirtioNetDriver(DriverOptions, this);
    }

    /// <summary>The way to its device.</summary>
    public DriverTransport Transport => _transport ?? throw new InvalidOperationException("The machine has not booted.");

    /// <summary>Its interrupt.</summary>
    public InterruptLine Line => _line ?? throw new InvalidOperationException("The machine has not booted.");

    internal StackInterface ToInterface(int index)
    {
        _index = index;
        return new StackInterface(index, _mac, _addresses);
    }

    internal bool TryStart(Machine machine)
    {
        _machine = machine;
        _line = machine.Interrupts.Add($"eth{_index}", () => _transport!.HandleInterrupt());
        _transport = _connect(this);
        return _transport.TryStart(_driver);
    }

    internal void Send(ReadOnlySpan<byte> frame) => _driver.TrySend(frame);

    void INetworkDriverEvents.FrameReceived(ReadOnlySpan<byte> frame) => _machine!.Stack!.Receive(_index, frame);

    void INetworkDriverEvents.LinkChanged(bool up)
    {
        // Frames that are lost tell the program as much.
    }

    void IDriverHost.Propagate() => _machine!.Calendar.Propagate();

    void IDriverHost.InterruptArrived() => _machine!.Calendar.Interrupt(_line!);

    void IDriverHost.DeviceLost(DeviceFault? fault)
    {
        if (fault is not null)
        {
            _machine!.Fail(MachineRule.DeviceKeepsRules, fault.ToString());
        }
    }
}
