using System.Globalization;
using Orrery.Simulation;

namespace Orrery.Network;

/// <summary>
/// Saves a fabric together with its simulator: it names the frames on their way as the simulator comes across their events.
/// </summary>
/// <param name="fabric">What is saved.</param>
/// <param name="others">Names all other handlers.</param>
public sealed class FabricCheckpoint(Fabric fabric, IHandlerCatalog others) : IHandlerCatalog
{
    private readonly List<FrameState> _frames = [];
    private readonly Dictionary<LinkEnd, string> _names = fabric.Wires.ToDictionary(wire => wire.End, wire => wire.Name);

    /// <inheritdoc/>
    public string? KeyOf(IEventHandler handler)
    {
        if (handler is not Frame frame)
        {
            return others.KeyOf(handler);
        }

        _frames.Add(new FrameState(_names[frame.End!], frame.Bytes.ToArray()));
        return KeyOfFrame(_frames.Count - 1);
    }

    /// <inheritdoc/>
    public IEventHandler? HandlerOf(string key) => others.HandlerOf(key);

    /// <summary>The state, with the frames whose events the simulator has saved (<see cref="Simulator.Save"/>) by this catalog.</summary>
    public FabricState Save() => new(
        [.. fabric.Ports.Select(port => port.Save())], [.. fabric.Segments.Select(segment => segment.Save())], [.. _frames]);

    /// <summary>
    /// Brings a fabric that was built anew into the state of the one that was saved, and adds its frames to
    /// <paramref name="handlers"/>, before the simulator is restored.
    /// </summary>
    /// <param name="fabric">A fabric of the same networks, in which nothing has happened. Of no use when the state is refused.</param>
    /// <param name="state">Not trusted.</param>
    /// <param name="simulation">Says when the frames arrive. Not trusted, and checked by the simulator, not here.</param>
    /// <param name="handlers">Gets the frames.</param>
    /// <returns>What is wrong with the state, with its place; null when nothing is.</returns>
    public static string? Restore(Fabric fabric, FabricState state, SimulationState simulation, HandlerDirectory handlers) =>
        RestoreAll("ports", fabric.Ports, state.Ports, (port, saved) => port.Restore(saved))
        ?? RestoreAll("segments", fabric.Segments, state.Segments, (segment, saved) => segment.Restore(saved, simulation.NowNanoseconds))
        ?? RestoreFrames(fabric, state.Frames, simulation, handlers);

    private static string? RestoreAll<TPart, TState>(
        string what, IReadOnlyList<TPart> parts, IReadOnlyList<TState> states, Func<TPart, TState, string?> restore)
    {
        if (parts.Count != states.Count)
        {
            return $"{what}: {states.Count} were saved, but there are {parts.Count}";
        }

        for (int i = 0; i < parts.Count; i++)
        {
            if (restore(parts[i], states[i]) is { } problem)
            {
                return $"{what}[{i}]: {problem}";
            }
        }

        return null;
    }

    private static string? RestoreFrames(
        Fabric fabric, IReadOnlyList<FrameState> states, SimulationState simulation, HandlerDirectory handlers)
    {
        Dictionary<string, Wire> wires = fabric.Wires.ToDictionary(wire => wire.Name);
        var frames = new Dictionary<string, (Frame Frame, Wire Wire)>();
        for (int i = 0; i < states.Count; i++)
        {
            FrameState saved = states[i];
            if (!wires.TryGetValue(saved.Wire, out Wire? wire))
            {
                return $"frames[{i}]: there is no wire '{saved.Wire}'";
            }

            if (saved.Bytes.Length is < Port.FrameSizeMin or > Port.FrameSizeMax)
            {
                return $"frames[{i}]: {saved.Bytes.Length} bytes are not {Port.FrameSizeMin} to {Port.FrameSizeMax}";
            }

            Frame frame = fabric.Pool.Take(saved.Bytes);
            frame.End = wire.End;
            frames.Add(KeyOfFrame(i), (frame, wire));
            handlers.Add(KeyOfFrame(i), frame, wire.Place);
        }

        foreach (EventState arrival in simulation.Timelines.SelectMany(timeline => timeline.Events).OrderBy(e => e.DueNanoseconds))
        {
            if (frames.TryGetValue(arrival.Handler, out (Frame Frame, Wire Wire) found))
            {
                found.Wire.End.Carry(found.Frame, SimTime.FromNanoseconds(arrival.DueNanoseconds));
            }
        }

        return null;
    }

    private static string KeyOfFrame(int index) => string.Create(CultureInfo.InvariantCulture, $"frame {index}");
}
