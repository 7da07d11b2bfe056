using System.Text.Json.Serialization.Metadata;
using Orrery.Machines.Stack;

namespace Orrery.Machines.Programs;

/// <summary><c>echo [--port N]</c>: sends every datagram back (RFC 862). The stack itself answers pings.</summary>
internal sealed class EchoProgram : SavedProgram<EchoState>
{
    private readonly ushort _port;

    private EchoProgram(ushort port) => _port = port;

    public static MachineProgram Create(ProgramArguments arguments)
        => new EchoProgram((ushort)arguments.Number("port", 1, ushort.MaxValue, fallback: 7));

    protected override JsonTypeInfo<EchoState> Format => ProgramStateJson.Default.EchoState;

    protected override void OnStart()
    {
    }

    protected internal override bool OnDatagram(
        IpAddress source, ushort sourcePort, ushort destinationPort, ReadOnlySpan<byte> payload)
        => destinationPort == _port && Machine.Stack!.SendDatagram(source, _port, sourcePort, payload);
}

/// <summary>What <c>echo</c> remembers: nothing.</summary>
internal sealed record EchoState;
