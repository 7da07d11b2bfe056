using System.Text;
using Orrery.Machines.Programs;
using Orrery.Machines.Stack;
using Orrery.Simulation;

namespace Orrery.Examples;

/// <summary><c>Beacon HOST [--count N] [--interval TIME]</c>: sends datagrams and counts those that come back.</summary>
public sealed class Beacon(ProgramArguments arguments) : MachineProgram
{
    private const ushort Port = 7;

    private readonly string _host = arguments.Word("HOST");
    private readonly ulong _count = arguments.Number("count", 1, 1_000_000, fallback: 3);
    private readonly SimDuration _interval = arguments.Duration("interval", SimDuration.FromMilliseconds(100));
    private ulong _sent;
    private ulong _answered;

    protected override void OnStart() => OnTimer(0);

    protected override void OnTimer(ulong argument)
    {
        if (!Machine.TryResolve(_host, out IpAddress host))
        {
            Machine.WriteLine($"unknown host {_host}");
            Machine.Exit(2);
        }
        else if (_sent < _count)
        {
            _sent++;
            Machine.Stack!.SendDatagram(host, Port, Port, Encoding.UTF8.GetBytes($"{_sent}"));
            Machine.SetTimer(_interval);
        }
        else
        {
            Machine.WriteLine($"{_answered} of {_sent} answered by {Machine.Now}");
            Machine.Exit(_answered == _sent ? 0 : 1);
        }
    }

    protected override bool OnDatagram(IpAddress source, ushort sourcePort, ushort destinationPort, ReadOnlySpan<byte> payload)
    {
        _answered++;
        return destinationPort == Port;
    }
}
