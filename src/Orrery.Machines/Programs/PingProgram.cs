using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Orrery.Machines.Stack;
using Orrery.Simulation;

namespace Orrery.Machines.Programs;

/// <summary><c>ping HOST [--count N] [--interval TIME] [--size BYTES] [--wait TIME] [--quiet]</c>: as the command of that name.</summary>
internal sealed class PingProgram : SavedProgram<PingState>
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

    protected override JsonTypeInfo<PingState> Format => ProgramStateJson.Default.PingState;

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
        if (!Machine.Stack!.SendEchoRequest(_destination, Identifier, (ushort)State.Sent, _payload) && State.Sent == 0)
        {
            Machine.WriteLine($"ping: no way to {_destination}");
            Machine.Exit(2);
            return;
        }

        State.Sent++;
        if (_count == 0 || State.Sent < _count)
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

        State.Received++;
        State.MinNs = Math.Min(State.MinNs, elapsed);
        State.MaxNs = Math.Max(State.MaxNs, elapsed);
        State.SumNs += elapsed;
        if (!_quiet)
        {
            Machine.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{payload.Length + 8} bytes from {source}: seq={sequence} time={elapsed / 1e6:F3} ms"));
        }

        if (State.Received == _count)
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

    protected override string? WhatIsWrong(PingState state) =>
        state.Sent == 0 || (_count != 0 && state.Sent > _count) ? $"it has sent {state.Sent} of {_count}, and goes on" : null;

    protected override void OnRestored() => Machine.TryResolve(_host, out _destination);

    private static ushort Identifier => 1;

    private void End()
    {
        ulong lost = State.Sent - State.Received;
        Machine.WriteLine($"\n--- {_host} ping statistics ---");
        Machine.WriteLine($"{State.Sent} packets transmitted, {State.Received} packets received, {lost * 100 / State.Sent}% packet loss");
        if (State.Received > 0)
        {
            Machine.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"round-trip min/avg/max = {State.MinNs / 1e6:F3}/{State.SumNs / State.Received / 1e6:F3}/{State.MaxNs / 1e6:F3} ms"));
        }

        Machine.Exit(State.Received > 0 ? 0 : 1);
    }
}

/// <summary>What <c>ping</c> remembers.</summary>
internal sealed record PingState
{
    /// <summary>Requests sent.</summary>
    public ulong Sent { get; set; }

    /// <summary>Answers received.</summary>
    public ulong Received { get; set; }

    /// <summary>The shortest round trip.</summary>
    public ulong MinNs { get; set; } = ulong.MaxValue;

    /// <summary>The longest round trip.</summary>
    public ulong MaxNs { get; set; }

    /// <summary>All round trips added up.</summary>
    public ulong SumNs { get; set; }
}
