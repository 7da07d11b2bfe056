using System.Diagnostics;

namespace Orrery.Simulation;

/// <summary>
/// Timelines, the channels between them and the epochs they run in. See docs/simulation.md and docs/architecture.md,
/// "Timelines" and "Epochs".
/// </summary>
/// <remarks>Its members are for one thread, while everything stands still.</remarks>
public sealed class Simulator
{
    private readonly List<Timeline> _timelines = [];
    private readonly List<Channel> _channels = [];
    private readonly List<Origin> _origins = [];
    private readonly Dictionary<(Timeline From, Timeline To), Channel> _channelOf = [];
    private readonly Dictionary<string, RandomStream> _randomStreams = [];
    private readonly RecordMerge _records = new();
    private readonly WorkerPool _workers;
    private readonly SplitPolicy _splitPolicy;
    private List<TimelineGroup>? _groups; // null: the topology has changed
    private bool _areSplit; // as the groups were assigned last
    private bool _isInRun;

    /// <summary>A simulator at time zero.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No worker, or no epoch length.</exception>
    public Simulator(SimulatorOptions? options = null)
    {
        Options = options ?? new SimulatorOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(Options.Workers, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfEqual(Options.EpochLength, SimDuration.Zero, nameof(options));
        _workers = new WorkerPool(Options.Workers);
        _splitPolicy = new SplitPolicy(Options.Splitting);
    }

    /// <summary>How it runs.</summary>
    public SimulatorOptions Options { get; }

    /// <summary>The instant at which everything stands still, or last stood.</summary>
    public SimTime Now { get; private set; }

    /// <summary>All timelines, in the order in which they were added.</summary>
    public IReadOnlyList<Timeline> Timelines => _timelines;

    /// <summary>All channels, in the order in which they were added.</summary>
    public IReadOnlyList<Channel> Channels => _channels;

    /// <summary>All origins, by number.</summary>
    public IReadOnlyList<Origin> Origins => _origins;

    /// <summary>Its workers, by index.</summary>
    internal IReadOnlyList<Worker> Workers => _workers.Workers;

    /// <summary>Whether no timeline is running.</summary>
    internal bool StandsStill { get; private set; } = true;

    /// <summary>All random streams that were asked for, by name.</summary>
    public IReadOnlyCollection<RandomStream> RandomStreams => _randomStreams.Values;

    /// <summary>
    /// Raised at the end of every epoch in which something happened, with everything standing still at that time. Its
    /// records have been read. The place to report progress, save checkpoints, add timelines and look at watchdogs.
    /// </summary>
    public event Action<SimTime>? EpochEnded;

    /// <summary>Adds an origin; origins are numbered in the order in which they are added.</summary>
    public Origin AddOrigin(string name)
    {
        CheckStandsStill();
        var origin = new Origin((uint)_origins.Count, name);
        _origins.Add(origin);
        return origin;
    }

    /// <summary>Adds a timeline; it begins now.</summary>
    public Timeline AddTimeline(string name)
    {
        CheckStandsStill();
        var timeline = new Timeline(this, _timelines.Count, name, Now);
        _timelines.Add(timeline);
        _groups = null;
        return timeline;
    }

    /// <summary>
    /// Lets <paramref name="from"/> send to <paramref name="to"/>. Connecting two timelines again gives the same channel, with
    /// the smaller lookahead of both. A timeline may be connected to itself, so that whoever sends need not know whether
    /// the receiver shares its timeline.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Between different timelines the lookahead must not be zero.</exception>
    /// <exception cref="ArgumentException">A timeline of another simulator.</exception>
    public Channel Connect(Timeline from, Timeline to, SimDuration lookahead)
    {
        CheckStandsStill();
        if (from.Simulator != this || to.Simulator != this)
        {
            throw new ArgumentException($"{from} and {to} are not both timelines of this simulator.");
        }

        if (from != to)
        {
            ArgumentOutOfRangeException.ThrowIfEqual(lookahead, SimDuration.Zero);
        }

        if (_channelOf.TryGetValue((from, to), out Channel? channel))
        {
            channel.Lookahead = SimDuration.Min(channel.Lookahead, lookahead);
        }
        else
        {
            channel = new Channel(from, to, lookahead);
            _channelOf.Add((from, to), channel);
            _channels.Add(channel);
        }

        _groups = null;
        return channel;
    }

    /// <summary>The random stream of that name, derived from <see cref="SimulatorOptions.Seed"/>; the same object every time.</summary>
    public RandomStream Random(string name)
    {
        CheckStandsStill();
        if (!_randomStreams.TryGetValue(name, out RandomStream? stream))
        {
            stream = new RandomStream(Options.Seed, name);
            _randomStreams.Add(name, stream);
        }

        return stream;
    }

    /// <summary>Lets <paramref name="reader"/> read every record from now on.</summary>
    public void AddRecordReader(IRecordReader reader)
    {
        CheckStandsStill();
        _records.AddReader(reader);
    }

    /// <summary>
    /// Decides which worker runs which timeline (<see cref="Timeline.WorkerIndex"/>). A run does so by itself, when timelines or
    /// channels have been added or the groups are to be split in another way; called before, it lets others prepare for it.
    /// </summary>
    public void AssignWorkers()
    {
        CheckStandsStill();
        if (_groups is not null && _areSplit == _splitPolicy.Splits)
        {
            return;
        }

        _groups ??= WorkerAssignment.GroupsOf(_timelines, _channels);
        _areSplit = _splitPolicy.Splits;
        WorkerAssignment.Assign(_groups, _workers.Workers, _areSplit);
        Options.WorkersAssigned?.Invoke();
    }

    /// <summary>
    /// Runs every event before <paramref name="until"/>. Events due at that very time stay pending, for a later run.
    /// </summary>
    /// <param name="until">Where to end; <see cref="SimTime.Never"/> for a run that something else ends.</param>
    /// <param name="isDone">Looked at after every epoch (and its <see cref="EpochEnded"/>): true ends the run.</param>
    /// <param name="cancellation">Ends the run between two events, from any thread.</param>
    public RunResult Run(SimTime until, Func<bool>? isDone = null, CancellationToken cancellation = default)
    {
        CheckStandsStill();
        ArgumentOutOfRangeException.ThrowIfLessThan(until, Now);
        if (_isInRun)
        {
            throw new InvalidOperationException("The simulator is in a run already.");
        }

        RunControl control = _workers.Begin(Options.WorkerStarting);
        _isInRun = true;
        try
        {
            using CancellationTokenRegistration registration = cancellation.Register(control.Stop);
            RunOutcome? outcome;
            do
            {
                outcome = RunToEndOfEpoch(until, isDone, control);
            }
            while (outcome is null);
            _records.Merge(_timelines); // those of the last EpochEnded, or of an epoch that was not finished
            return new RunResult(outcome.Value, Now, control.Failure);
        }
        finally
        {
            _isInRun = false;
            _workers.End();
        }
    }

    /// <summary>
    /// Saves everything the simulator holds. For an exact time, end a run there first (<see cref="Run"/>); events of that time are
    /// still to come then.
    /// </summary>
    /// <param name="catalog">Gives the handlers of pending events their keys.</param>
    /// <param name="error">Which event cannot be saved, when null is returned. Those of a <see cref="Process"/> never can.</param>
    public SimulationState? Save(IHandlerCatalog catalog, out string error)
    {
        CheckStandsStill();
        return Checkpoint.Save(this, catalog, out error);
    }

    /// <summary>
    /// Takes the place of the simulator that was saved. This one must have the same origins and timelines, in the same order;
    /// the events it has are forgotten.
    /// </summary>
    /// <param name="state">What was saved. It is not trusted.</param>
    /// <param name="catalog">Finds the handlers of pending events by their keys.</param>
    /// <param name="error">What is wrong with <paramref name="state"/>, when false is returned.</param>
    /// <returns>False, and nothing changed, when the state is not one of this simulator.</returns>
    public bool TryRestore(SimulationState state, IHandlerCatalog catalog, out string error)
    {
        CheckStandsStill();
        error = Checkpoint.Check(state, this, catalog) ?? "";
        if (error.Length != 0)
        {
            return false;
        }

        Now = SimTime.FromNanoseconds(state.NowNanoseconds);
        for (int i = 0; i < _origins.Count; i++)
        {
            _origins[i].NextSequence = state.Origins[i].NextSequence;
            _origins[i].NextRecordSequence = state.Origins[i].NextRecordSequence;
        }

        foreach (RandomStreamState stream in state.RandomStreams)
        {
            Random(stream.Name).TryRestore(stream.State);
        }

        for (int i = 0; i < _timelines.Count; i++)
        {
            _timelines[i].Restore(state.Timelines[i], Now, catalog);
        }

        return true;
    }

    /// <returns>Why the run ends there, or null when it goes on.</returns>
    private RunOutcome? RunToEndOfEpoch(SimTime until, Func<bool>? isDone, RunControl control)
    {
        SimTime next = NextEventTime();
        // An epoch in which a run was stopped ends first, as it would have ended without the stop.
        bool isWithinEpoch = Now.Nanoseconds % Options.EpochLength.Nanoseconds != 0;
        if (next == SimTime.Never && !isWithinEpoch)
        {
            return RunOutcome.Idle;
        }

        SimTime end = SimTime.Min(until, EndOfEpoch(isWithinEpoch ? Now : next));
        if (next < end)
        {
            RunTimelines(end);
        }

        if (control.StopsNow)
        {
            return control.Failure is null ? RunOutcome.Cancelled : RunOutcome.Failed;
        }

        StandAt(end);
        _records.Merge(_timelines);
        EpochEnded?.Invoke(end);
        return isDone?.Invoke() == true ? RunOutcome.ConditionMet
            : end == until ? RunOutcome.TimeReached
            : null;
    }

    private SimTime NextEventTime()
    {
        SimTime next = SimTime.Never;
        foreach (Timeline timeline in _timelines)
        {
            next = SimTime.Min(next, timeline.NextEventTime);
        }

        return next;
    }

    private SimTime EndOfEpoch(SimTime time)
    {
        ulong length = Options.EpochLength.Nanoseconds;
        return SimTime.FromNanoseconds(time.Nanoseconds / length * length) + Options.EpochLength;
    }

    private void RunTimelines(SimTime end)
    {
        AssignWorkers();
        long begin = Stopwatch.GetTimestamp();
        StandsStill = false;
        _workers.RunEpoch(_groups!, end.Nanoseconds);
        StandsStill = true;
        if (_splitPolicy.Learns && _workers.Workers.Count > 1 && _groups!.Exists(group => group.CanBeSplit))
        {
            long rounds = _groups.Where(group => group.CanBeSplit).Max(group => SplitPolicy.RoundsOf(group, Options.EpochLength));
            _splitPolicy.Learn(Stopwatch.GetElapsedTime(begin), _workers.Busy, rounds);
        }
    }

    private void StandAt(SimTime time)
    {
        Now = time;
        foreach (Timeline timeline in _timelines)
        {
            timeline.StandAt(time);
        }
    }

    private void CheckStandsStill()
    {
        if (!StandsStill)
        {
            throw new InvalidOperationException("Only while everything stands still: before a run, between runs, or when an epoch has ended.");
        }
    }
}
