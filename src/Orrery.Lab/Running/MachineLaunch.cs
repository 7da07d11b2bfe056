using System.ComponentModel;
using System.Diagnostics;
using Orrery.Lab.Files;
using Orrery.Machines.Processes;

namespace Orrery.Lab.Running;

/// <summary>Starts machines as processes of their own.</summary>
internal static class MachineLaunch
{
    /// <summary>What the process of a machine is told, but for its consoles.</summary>
    /// <param name="lab">The lab.</param>
    /// <param name="node">The machine.</param>
    /// <param name="calendar">The calendar's socket.</param>
    /// <param name="id">How it introduces itself.</param>
    /// <param name="cardSocket">The socket of each of its cards, by number.</param>
    public static MachineSpecification SpecificationOf(
        LabDefinition lab, MachineNode node, string calendar, ulong id, Func<int, string> cardSocket)
    {
        var hosts = new Dictionary<string, string>();
        foreach (HostEntry entry in lab.HostsOf(node))
        {
            hosts.TryAdd(entry.Name, entry.Address.ToString());
        }

        return new MachineSpecification
        {
            Name = node.Name,
            Id = id,
            Calendar = calendar,
            ScheduleMemory = node.ScheduleMemory,
            Cards =
            [
                .. node.Interfaces.Select(ethernet => new CardSpecification(
                    cardSocket(ethernet.Index), ethernet.Mac.ToString(), [.. ethernet.Addresses.Select(address => address.ToString())])),
            ],
            Hosts = hosts,
            GicV2 = node.InterruptChip == InterruptChip.GicV2,
            InterruptLatencyNs = node.InterruptLatency.Nanoseconds,
            Program = node.Program,
            Assembly = node.Assembly,
            Typed = [.. node.Type.Select(input => new TypedText(input.At.Nanoseconds, input.Text))],
        };
    }

    /// <summary>Starts the process of a machine and tells it what it is.</summary>
    /// <param name="command">The program and its first arguments.</param>
    /// <param name="specification">The machine.</param>
    /// <param name="collects">Whoever calls reads its standard output and error; else they are this process's own.</param>
    /// <param name="error">Why there is none, when null is returned.</param>
    public static Process? Start(
        IReadOnlyList<string> command, MachineSpecification specification, bool collects, out string error)
    {
        error = "";
        try
        {
            var start = new ProcessStartInfo(command[0], command.Skip(1))
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = collects,
                RedirectStandardError = collects,
            };
            Process process = Process.Start(start)!;
            process.StandardInput.Write(specification.ToJson());
            process.StandardInput.Close();
            return process;
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            error = $"node {specification.Name}: {command[0]} cannot be started: {e.Message}";
            return null;
        }
    }
}
