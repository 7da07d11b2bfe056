using Orrery.Machines.Interrupts;
using Orrery.Virtio;

namespace Orrery.Machines.Processes;

/// <summary>A console of a machine in a process of its own: a virtio console of its lab, or a stream of the process.</summary>
internal sealed class MachineConsole : IConsoleDriverEvents, IDriverHost
{
    private readonly Func<IDriverHost, DriverTransport>? _connect;
    private readonly Stream? _stream;
    private readonly VirtioConsoleDriver _driver;
    private readonly string _name;
    private Machine? _machine;
    private InterruptLine? _line;
    private DriverTransport? _transport;

    private MachineConsole(string name, Func<IDriverHost, DriverTransport>? connect, Stream? stream)
    {
        _name = name;
        _connect = connect;
        _stream = stream;
        _driver = new VirtioConsoleDriver(this);
    }

    public static MachineConsole OnDevice(string name, Func<IDriverHost, DriverTransport> connect) => new(name, connect, null);

    public static MachineConsole OnStream(string name, Stream stream) => new(name, null, stream);

    /// <summary>Starts its driver, in the machine's turn.</summary>
    public bool TryStart(Machine machine)
    {
        _machine = machine;
        if (_connect is null)
        {
            return true;
        }

        _line = machine.Interrupts.Add(_name, () => _transport!.HandleInterrupt());
        _transport = _connect(this);
        return _transport.TryStart(_driver);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_stream is null)
        {
            _driver.Write(bytes);
        }
        else
        {
            _stream.Write(bytes);
            _stream.Flush();
        }
    }

    void IConsoleDriverEvents.InputReceived(ReadOnlySpan<byte> bytes)
    {
        // The lab types at the serial line.
    }

    void IDriverHost.Propagate() => _machine!.Calendar.Propagate();

    void IDriverHost.InterruptArrived() => _machine!.Calendar.Interrupt(_line!);

    void IDriverHost.DeviceLost(DeviceFault? fault) => _machine!.Fail(MachineRule.DeviceKeepsRules, fault?.ToString() ?? $"{_name} is gone");
}
