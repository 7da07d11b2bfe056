using Orrery.Lab.Checkpoints;
using Orrery.Lab.Running;
using Orrery.Machines;
using Orrery.Virtio;

namespace Orrery.Lab.Tests.Checkpoints;

/// <summary>Which kinds of state the checkpoints of a test had in them: a kind that never comes up is not tested.</summary>
internal sealed class Coverage
{
    private readonly SortedDictionary<string, int> _counts = [];

    public override string ToString() => string.Join(", ", _counts.Select(count => $"{count.Key}: {count.Value}"));

    public IEnumerable<string> Missing => _counts.Where(count => count.Value == 0).Select(count => count.Key);

    public void Add(CheckpointState state)
    {
        MachineState[] machines = [.. state.Nodes.Select(node => node.Machine)];
        RingState[] rings = [.. machines.SelectMany(machine => machine.Cards).SelectMany(card => card.Rings)];
        NeighborState[] neighbors = [.. machines.SelectMany(machine => machine.Stack?.Neighbors ?? [])];
        Count("a frame on its way", state.Networks.Frames.Count > 0);
        Count("a station at a switch", state.Networks.Segments.Any(segment => segment.Stations.Count > 0));
        Count("a machine that has not booted", machines.Any(machine => !machine.Booted));
        Count("a machine that sleeps", machines.Any(machine => machine.Asleep));
        Count("a deferred event", machines.Any(machine => machine.Deferred.Count > 0));
        Count("a line deferred by sleep", machines.Any(machine => machine.Interrupts.Lines.Any(line => line.DeferredBySleep)));
        Count("typed input that waits", machines.Any(machine => machine.Serial.Input.Length > 0));
        Count("a neighbour that is asked for", neighbors.Any(neighbor => neighbor.Mac is null));
        Count("an IPv6 neighbour", neighbors.Any(neighbor => neighbor.Address.Contains(':', StringComparison.Ordinal)));
        Count("a packet that waits for a neighbour", neighbors.Any(neighbor => neighbor.Waiting.Count > 0));
        Count("a received frame that waits in a ring", rings.Any(ring => ring.Used.Any(buffer => buffer.DeviceWritable)));
        Count("a frame to send that waits in a ring", rings.Any(ring => ring.Available.Any(buffer => !buffer.DeviceWritable)));
        Count("a call not looked at", machines.Any(machine => machine.Cards.Any(card => card.Calls != 0)));
        Count("an interrupt that waits for its latency", Events(state).Any(handler => handler.EndsWith(" latency", StringComparison.Ordinal)));
        Count("an alarm", Events(state).Any(handler => handler.EndsWith(" alarm", StringComparison.Ordinal)));
        Count("a retry", Events(state).Any(handler => handler.EndsWith(" stack", StringComparison.Ordinal)));
        Count("a program that has ended", state.Nodes.Any(node => node.Life.State == NodeState.Exited));
    }

    private static IEnumerable<string> Events(CheckpointState state) =>
        state.Simulation.Timelines.SelectMany(timeline => timeline.Events).Select(pending => pending.Handler);

    private void Count(string kind, bool present) => _counts[kind] = _counts.GetValueOrDefault(kind) + (present ? 1 : 0);
}
