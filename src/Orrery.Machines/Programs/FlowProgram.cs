using System.Buffers.Binary;
using System.Globalization;
using Orrery.Machines.Stack;
using Orrery.Simulation;

namespace Orrery.Machines.Programs;

/// <summary>
/// <c>flow HOST [--rate BITS] [--size BYTES] [--count N] [--port N]</c>: sends datagrams at an even rate;
/// <c>flow --count N</c> without a host receives that many and says what came.
/// </summary>
internal sealed class FlowProgram : MachineProgram
{
    private const int SequenceBytes = 8;

    private readonly string? _host;
    private readonly ulong _bitsPerSecond;
    private readonly ulong _count;
    private readonly ushort _port;
    private readonly byte[] _payload;
    private IpAddress _destination;
    private ulong _done;
    private ulong _bytes;
    private ulong _reordered;
    private ulong _next;

    private FlowProgram(ProgramArguments arguments)
    {
        _host = arguments.OptionalWord();
        _bitsPerSecond = arguments.BitRate("rate", fallback: 1_000_000);
        _count = arguments.Number("count", 1, ulong.MaxValue, fallback: 1000);
        _port = (ushort)arguments.Number("port", 1, ushort.MaxValue, fallback: 5001);
        _payload = new byte[arguments.Number("size", SequenceBytes, 1400, fallback: 1000)];
    }

    public static MachineProgram Create(ProgramArguments arguments) => new FlowProgram(arguments);

    protected override void OnStart()
    {
        if (_host is null)
        {
            return;
        }

        if (!Machine.TryResolve(_host, out _destination))
        {
            Machine.WriteLine($"flow: unknown host {_host}");
            Machine.Exit(2);
            return;
        }

        OnTimer(0);
    }

    protected internal override void OnTimer(ulong argument)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_payload, _done++);
        Machine.Stack!.SendDatagram(_destination, _port, _port, _payload);
        if (_done == _count)
        {
            Machine.WriteLine($"sent {_done} datagrams of {_payload.Length} bytes");
            Machine.Exit(0);
            return;
        }

        // From the beginning, not from the last datagram: rounding does not add up.
        ulong bits = (ulong)_payload.Length * 8;
        ulong gap = (ulong)((UInt128)1_000_000_000 * bits * _done / _bitsPerSecond)
            - (ulong)((UInt128)1_000_000_000 * bits * (_done - 1) / _bitsPerSecond);
        Machine.SetTimer(SimDuration.FromNanoseconds(gap));
    }

    protected internal override bool OnDatagram(
        IpAddress source, ushort sourcePort, ushort destinationPort, ReadOnlySpan<byte> payload)
    {
        if (destinationPort != _port || payload.Length < SequenceBytes)
        {
            return false;
        }

        ulong sequence = BinaryPrimitives.ReadUInt64LittleEndian(payload);
        _reordered += sequence < _next ? 1u : 0;
        _next = Math.Max(_next, sequence + 1);
        _bytes += (ulong)payload.Length;
        if (_host is null && ++_done == _count)
        {
            Machine.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"received {_done} datagrams, {_bytes} bytes, {_next - _done} lost, {_reordered} reordered"));
            Machine.Exit(0);
        }

        return true;
    }
}
