using System.Text;
using Orrery.Lab.Checkpoints;
using Orrery.Lab.Files;
using Orrery.Simulation;

namespace Orrery.Lab.Running;

/// <summary>
/// A node of a lab that runs. Its state changes on its timeline's thread; everybody else learns of that from the records it
/// makes (<see cref="RecordKind.LifeCycle"/>), or looks while the simulation stands still.
/// </summary>
internal abstract class RunningNode
{
    private readonly NodeDefinition _definition;

    /// <param name="definition">The node in the lab file.</param>
    /// <param name="timeline">The timeline it lives on.</param>
    /// <param name="origin">The source of its records and of its own events.</param>
    protected RunningNode(NodeDefinition definition, Timeline timeline, Origin origin)
    {
        _definition = definition;
        Timeline = timeline;
        Origin = origin;
    }

    /// <summary>Its name.</summary>
    public string Name => _definition.Name;

    /// <summary>It has commands to run, so that it can exit.</summary>
    public bool Runs => _definition.Runs;

    /// <summary>The timeline it lives on.</summary>
    public Timeline Timeline { get; }

    /// <summary>The source of its records and of its own events.</summary>
    public Origin Origin { get; }

    /// <summary>Where it stands.</summary>
    public NodeState State { get; private set; }

    /// <summary>The exit status of its commands.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>Nothing more is to be expected of it.</summary>
    public bool HasEnded => State is NodeState.Exited or NodeState.Failed;

    /// <summary>The node for those who watch the run.</summary>
    public NodeView View => new(_definition.Index, Name, _definition.Kind, State, ExitCode);

    private SimTime? StartedAt { get; set; }

    private SimTime? EndedAt { get; set; }

    /// <summary>When it ended, for runs that end with it.</summary>
    public SimTime? Ended => EndedAt;

    /// <summary>What became of it.</summary>
    public NodeResult ToResult() => new()
    {
        Name = Name,
        Kind = _definition.Kind,
        State = State.ToString().ToLowerInvariant(),
        ExitCode = ExitCode,
        StartedNs = StartedAt?.Nanoseconds,
        EndedNs = EndedAt?.Nanoseconds,
    };

    /// <summary>Where it stands, for a checkpoint.</summary>
    protected LifeState SaveLife() => new(State, ExitCode, StartedAt?.Nanoseconds, EndedAt?.Nanoseconds);

    /// <summary>Takes over where the saved node stood.</summary>
    /// <returns>What is wrong with <paramref name="state"/>, which is not trusted; null when nothing is.</returns>
    protected string? RestoreLife(LifeState state)
    {
        State = state.State;
        ExitCode = state.ExitCode;
        StartedAt = TimeOf(state.StartedNanoseconds);
        EndedAt = TimeOf(state.EndedNanoseconds);
        bool hasEnded = State == NodeState.Exited;
        return !Enum.IsDefined(State) || State == NodeState.Failed ? $"state: {(int)State} is none that can be saved"
            : ExitCode is not null != hasEnded || EndedAt is not null != hasEnded ? "has ended without a status or a time, or has them and goes on"
            : null;
    }

    private static SimTime? TimeOf(ulong? nanoseconds) => nanoseconds is { } ns ? SimTime.FromNanoseconds(ns) : null;

    /// <summary>The node has begun.</summary>
    protected void Began()
    {
        StartedAt = Timeline.Now;
        Enter(NodeState.Booting);
    }

    /// <summary>The node is ready, and runs its commands if it has any.</summary>
    protected void Ready() => Enter(NodeState.Running);

    /// <summary>Its commands have ended.</summary>
    protected void Exited(int code)
    {
        ExitCode = code;
        EndedAt = Timeline.Now;
        Enter(NodeState.Exited);
    }

    /// <summary>It is gone before its time. A node whose commands have ended cannot fail any more.</summary>
    protected void Failed()
    {
        if (State != NodeState.Exited)
        {
            EndedAt = Timeline.Now;
            Enter(NodeState.Failed);
        }
    }

    private void Enter(NodeState state)
    {
        State = state;
        string what = state == NodeState.Exited ? $"exited {ExitCode}" : state.ToString().ToLowerInvariant();
        Timeline.Record(Origin, RecordKind.LifeCycle, Encoding.UTF8.GetBytes(what));
    }
}
