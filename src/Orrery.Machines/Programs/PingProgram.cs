using System.Buffers.Binary;
using System.Globalization;
using Orrery.Machines.Stack;
using Orrery.Simulation;

namespace Orrery.Machines.Programs;

/// <summary><c>ping HOST [--count N] [--interval TIME] [--size BYTES] [--wait TIME] [--quiet]</c>: as the command of that name.</summary>
internal sealed class PingProgram : MachineProgram
{
    private const ulong SendTimer = 0;
    private const ulong EndTimer = 1;
    private const int TimestampBytes = 8;

    private readonly string _host;
    private readonly ulong _count;
    private readonly SimDuration _interval;
    private readonly SimDuration _wait;
    private readonly bool _quiet;
    private readonly byte[] _payload;
    private IpAddress _destination;
    private ulong _sent;
    private ulong _received;
    private ulong _minNs = ulong.MaxValue;
    private ulong _maxNs;
    private ulong _sumNs;

    private PingProgram(string host, ProgramArguments arguments)
    {
        _host = host;
        _count = arguments.Number("count", 0, ulong.MaxValue, fallback: 0);
        _interval = arguments.Duration("interval", SimDuration.FromMilliseconds(1000));
        _wait = arguments.Duration("wait", SimDuration.FromMilliseconds(10_000));
        _quiet = arguments.Flag("quiet");
        _payload = new byte[arguments.Number("size", TimestampBytes, 1400, fallback: 56)];
    }

    public static MachineProgram Create(ProgramArguments arguments) => new PingProgram(arguments.Word("HOST"), arguments);

    protected override void OnStart()
    {
        if (!Machine.TryResolve(_host, out _destination))
        {
            Machine.WriteLine($"ping: unknown host {_host}");
            Machine.Exit(2);
            return;
        }

        Machine.WriteLine($"PING {_host} ({_destination}): {_payload.Length} data bytes");
        OnTimer(SendTimer);
    }

    protected internal override void OnTimer(ulong argument)
    {
        if (argument == EndTimer)
        {
            End();
            return;
        }

        // The time of sending travels with the request: nothing has to be remembered for each.
        BinaryPrimitives.WriteUInt64LittleEndian(_payload, Machine.Now.Nanoseconds);
        if (!Machine.Stack!.SendEchoRequest(_destination, Identifier, (ushort)_sent, _payload) && _sent == 0)
        {
            Machine.WriteLine($"ping: no way to {_destination}");
            Machine.Exit(2);
            return;
        }

        _sent++;
        if (_count == 0 || _sent < _count)
        {
            Machine.SetTimer(_interval, SendTimer);
        }
        else
        {
            Machine.SetTimer(_wait, EndTimer);
        }
    }

    protected internal override void OnEchoReply(
        IpAddress source, ushort identifier, ushort sequence, ReadOnlySpan<byte> payload)
    {
        if (identifier != Identifier || payload.Length != _payload.Length)
        {
            return;
        }

        ulong sentAt = BinaryPrimitives.ReadUInt64LittleEndian(payload);
        ulong elapsed = Machine.Now.Nanoseconds - sentAt;
        if (sentAt > Machine.Now.Nanoseconds)
        {
            return; // an answer to something else
        }

        _received++;
        _minNs = Math.Min(_minNs, elapsed);
        _maxNs = Math.Max(_maxNs, elapsed);
        _sumNs += elapsed;
        if (!_quiet)
        {
            Machine.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{payload.Length + 8} bytes from {source}: seq={sequence} time={elapsed / 1e6:F3} ms"));
        }

        if (_received == _count)
        {
            End();
        }
    }

    protected internal override void OnUnreachable(IpAddress destination)
    {
        if (destination == _destination && !_quiet)
        {
            Machine.WriteLine($"From {Machine.Name}: {destination} cannot be reached");
        }
    }

    private static ushort Identifier => 1;

    private void End()
    {
        ulong lost = _sent - _received;
        Machine.WriteLine($"\n--- {_host} ping statistics ---");
        Machine.WriteLine($"{_sent} packets transmitted, {_received} packets received, {lost * 100 / _sent}% packet loss");
        if (_received > 0)
        {
            Machine.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"round-trip min/avg/max = {_minNs / 1e6:F3}/{_sumNs / _received / 1e6:F3}/{_maxNs / 1e6:F3} ms"));
        }

        Machine.Exit(_received > 0 ? 0 : 1);
    }
}
