using Orrery.Simulation;

namespace Orrery.Lab.Running;

/// <summary>
/// Told what a run does while it does it. Called from one thread at a time, between epochs, in the order of simulated
/// time; a slow observer slows the run.
/// </summary>
public interface IRunObserver
{
    /// <summary>The run has begun.</summary>
    /// <param name="run">What can be asked while it goes on.</param>
    void Started(IRunView run);

    /// <summary>A node reached another state.</summary>
    void NodeChanged(NodeView node, SimTime time);

    /// <summary>A node's commands wrote something.</summary>
    void Output(NodeView node, ReadOnlySpan<byte> bytes);

    /// <summary>A participant or device was dropped, or a warning concerns the run; one line.</summary>
    void Warned(string line);

    /// <summary>The run was saved.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="time">Where it stands.</param>
    void Saved(string path, SimTime time);

    /// <summary>An epoch has ended. Called often: decide by the clock whether to show it.</summary>
    void Progressed(IRunView run);
}

/// <summary>A run as it stands.</summary>
public interface IRunView
{
    /// <summary>The lab's title.</summary>
    string Title { get; }

    /// <summary>Where everything the run leaves behind goes.</summary>
    string Folder { get; }

    /// <summary>Simulated time reached by everybody.</summary>
    SimTime Now { get; }

    /// <summary>Wall-clock time since the run began.</summary>
    TimeSpan Wall { get; }

    /// <summary>The nodes in the order of the lab file.</summary>
    IReadOnlyList<NodeView> Nodes { get; }
}

/// <summary>A node as it stands.</summary>
/// <param name="Index">Its place in the lab file.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="State">Where it stands.</param>
/// <param name="ExitCode">The exit status of its commands once they have ended.</param>
public readonly record struct NodeView(int Index, string Name, string Kind, NodeState State, int? ExitCode);
