using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Orrery.Machines.Stack;
using Orrery.Simulation;

namespace Orrery.Machines.Programs;

/// <summary>
/// <c>flow HOST [--rate BITS] [--size BYTES] [--count N] [--port N]</c>: sends datagrams at an even rate;
/// <c>flow --count N</c> without a host receives that many and says what came.
/// </summary>
internal sealed class FlowProgram : SavedProgram<FlowState>
{
    private const int SequenceBytes = 8;

    private readonly string? _host;
    private readonly ulong _bitsPerSecond;
    private readonly ulong _count;
    private readonly ushort _port;
    private readonly byte[] _payload;
    private IpAddress _destination;

    private FlowProgram(ProgramArguments arguments)
    {
        _host = arguments.OptionalWord();
        _bitsPerSecond = arguments.BitRate("rate", fallback: 1_000_000);
        _count = arguments.Number("count", 1, ulong.MaxValue, fallback: 1000);
        _port = (ushort)arguments.Number("port", 1, ushort.MaxValue, fallback: 5001);
        _payload = new byte[arguments.Number("size", SequenceBytes, 1400, fallback: 1000)];
    }

    public static MachineProgram Create(ProgramArguments arguments) => new FlowProgram(arguments);

    protected override JsonTypeInfo<FlowState> Format => ProgramStateJson.Default.FlowState;

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
        BinaryPrimitives.WriteUInt64LittleEndian(_payload, State.Done++);
        Machine.Stack!.SendDatagram(_destination, _port, _port, _payload);
        if (State.Done == _count)
        {
            Machine.WriteLine($"sent {State.Done} datagrams of {_payload.Length} bytes");
            Machine.Exit(0);
            return;
        }

        // From the beginning, not from the last datagram: rounding does not add up.
        ulong bits = (ulong)_payload.Length * 8;
        ulong gap = (ulong)((UInt128)1_000_000_000 * bits * State.Done / _bitsPerSecond)
            - (ulong)((UInt128)1_000_000_000 * bits * (State.Done - 1) / _bitsPerSecond);
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
        State.Reordered += sequence < State.Next ? 1u : 0;
        State.Next = Math.Max(State.Next, sequence + 1);
        State.Bytes += (ulong)payload.Length;
        if (_host is null && ++State.Done == _count)
        {
            Machine.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"received {State.Done} datagrams, {State.Bytes} bytes, {State.Next - State.Done} lost, {State.Reordered} reordered"));
            Machine.Exit(0);
        }

        return true;
    }

    protected override void OnRestored()
    {
        if (_host is not null)
        {
            Machine.TryResolve(_host, out _destination);
        }
    }

    protected override string? WhatIsWrong(FlowState state) =>
        state.Done >= _count ? $"{state.Done} of {_count} datagrams are done, and it goes on" : null;
}

/// <summary>What <c>flow</c> remembers.</summary>
internal sealed record FlowState
{
    /// <summary>Datagrams sent, or received by one that only receives.</summary>
    public ulong Done { get; set; }

    /// <summary>Bytes received.</summary>
    public ulong Bytes { get; set; }

    /// <summary>Datagrams that came after a later one.</summary>
    public ulong Reordered { get; set; }

    /// <summary>One more than the latest number received.</summary>
    public ulong Next { get; set; }
}
