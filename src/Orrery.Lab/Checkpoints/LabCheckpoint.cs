using Orrery.Lab.Files;
using Orrery.Lab.Records;
using Orrery.Lab.Running;
using Orrery.Network;
using Orrery.Simulation;

namespace Orrery.Lab.Checkpoints;

/// <summary>Turns a running lab into a <see cref="CheckpointState"/> and back, while it stands still.</summary>
internal static class LabCheckpoint
{
    /// <summary>Everything that the run holds.</summary>
    /// <param name="lab">What is run; one that can be saved (<see cref="Savable.Check"/>).</param>
    /// <param name="running">The run.</param>
    /// <param name="recording">What it has left so far.</param>
    /// <param name="error">Why it cannot be saved, when null is returned.</param>
    /// <exception cref="IOException">What the nodes have written cannot be read.</exception>
    public static CheckpointState? Save(LabDefinition lab, RunningLab running, RunRecording recording, out string error)
    {
        var handlers = new HandlerDirectory();
        var nodes = new List<NodeRunState>();
        foreach (RunningNode node in running.RunningNodes)
        {
            error = "only machines inside Orrery's process can be saved";
            if (node is not MachineNodeRun machine || machine.Save(handlers, out error) is not { } saved)
            {
                error = $"node {node.Name}: {error}";
                return null;
            }

            nodes.Add(saved);
        }

        var networks = new FabricCheckpoint(running.Fabric, handlers);
        SimulationState? simulation = running.Simulator.Save(networks, out error);
        if (simulation is null)
        {
            return null;
        }

        (DigestState digest, IReadOnlyList<OutputState> output) = recording.Save();
        return new CheckpointState(
            CheckpointFile.Format, CheckpointFile.Version, lab.Source, simulation, networks.Save(), nodes, digest, output);
    }

    /// <summary>Brings a lab that was built anew into the state that was saved.</summary>
    /// <param name="state">Not trusted.</param>
    /// <param name="lab">Its lab.</param>
    /// <param name="running">That lab, of which nothing has run. Of no use when the state is refused.</param>
    /// <param name="recording">What the run will leave.</param>
    /// <returns>What is wrong with the state, with its place; null when nothing is.</returns>
    public static string? Restore(CheckpointState state, LabDefinition lab, RunningLab running, RunRecording recording)
    {
        if (state.Nodes.Count != running.RunningNodes.Count)
        {
            return $"nodes: {state.Nodes.Count} were saved, but the lab has {running.RunningNodes.Count}";
        }

        if (lab.Until is LabEnd.At end && state.Simulation.NowNanoseconds > end.Time.Nanoseconds)
        {
            return $"simulation: it stands at {SimTime.FromNanoseconds(state.Simulation.NowNanoseconds)}, after the lab's end at {end.Time}";
        }

        var handlers = new HandlerDirectory();
        for (int i = 0; i < state.Nodes.Count; i++)
        {
            if (((MachineNodeRun)running.RunningNodes[i]).Restore(state.Nodes[i], handlers) is { } problem)
            {
                return $"nodes[{i}]: {problem}";
            }
        }

        if (FabricCheckpoint.Restore(running.Fabric, state.Networks, state.Simulation, handlers) is { } wrong)
        {
            return $"networks: {wrong}";
        }

        return running.Simulator.TryRestore(state.Simulation, handlers, out string error)
            ? recording.Restore(state, running.Simulator.Origins)
            : $"simulation: {error}";
    }
}
