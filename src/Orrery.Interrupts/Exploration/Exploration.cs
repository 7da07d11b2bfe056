using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Orrery.Interrupts.Exploration;

/// <summary>One exploration: its tables and where it stands.</summary>
internal sealed class Exploration<TModel, TState>
    where TModel : struct, IModel<TState>
    where TState : unmanaged, IEquatable<TState>
{
    private const int BatchStates = 16;
    private const int ProgressStates = 1 << 17; // states expanded between two reports

    private readonly TModel _model;
    private readonly ModelDescription _description;
    private readonly ExplorationOptions _options;
    private readonly StateTable<TState> _table = new();
    private readonly SearchTree _tree = new();
    private readonly StateGraph? _graph;
    private readonly List<LivenessProperty> _liveness;
    private uint _safety; // properties to check and not yet violated
    private readonly bool _isReduced;
    private bool _checksDeadlock;
    private readonly List<string> _checked = [];
    private readonly List<Counterexample> _counterexamples = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private long _transitions;
    private int _depth;

    public Exploration(TModel model, ExplorationOptions options)
    {
        _model = model;
        _description = model.Description;
        _options = options;
        for (int i = 0; i < _description.Safety.Count; i++)
        {
            _safety |= options.Selects(_description.Safety[i].Id) ? 1u << i : 0;
        }

        _checksDeadlock = _description.NoDeadlock is { } noDeadlock && options.Selects(noDeadlock.Id);
        _liveness = [.. _description.Liveness.Where(property => options.Selects(property.Id))];
        _graph = _liveness.Count > 0 ? new StateGraph() : null;
        _isReduced = options.UseSymmetry && _graph is null;
    }

    public ExplorationResult Run()
    {
        TimeSpan processorTimeBefore = Environment.CpuUsage.TotalTime;
        Verdict limit = Search();
        TimeSpan searchTime = _clock.Elapsed;
        TimeSpan processorTime = Environment.CpuUsage.TotalTime - processorTimeBefore;
        if (limit == Verdict.Holds && !IsDone)
        {
            AddCheckedSafety();
            CheckLiveness();
        }

        return new ExplorationResult
        {
            Verdict = _counterexamples.Count > 0 ? Verdict.Violated : limit,
            States = _table.Count,
            Transitions = _transitions,
            Depth = _depth,
            MemoryBytes = MemoryBytes(more: 0),
            SearchTime = searchTime,
            SearchProcessorTime = processorTime,
            TotalTime = _clock.Elapsed,
            Checked = _checked,
            Counterexamples = _counterexamples,
        };
    }

    /// <summary>Nothing more is to be found out.</summary>
    private bool IsDone => _options.StopAtFirst && _counterexamples.Count > 0;

    /// <remarks>
    /// States are expanded a few at a time: what the look-ups of all their steps will read is asked for before the first of
    /// them reads it, so that the memory answers many at once. The order of the states is that of one at a time.
    /// </remarks>
    // Called once, so that it would stay as it was compiled first.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Verdict Search()
    {
        AddInitialStates();
        var batch = new Batch(_model.MaxSuccessors);
        int levelEnd = _table.Count;
        for (int first = 0; first < _table.Count && !IsDone; first += batch.Count)
        {
            Expand(batch, first, Math.Min(BatchStates, _table.Count - first));
            for (int i = 0; i < batch.Count && !IsDone; i++)
            {
                int number = first + i;
                if (number == levelEnd)
                {
                    levelEnd = _table.Count;
                    _depth++;
                }

                AddSteps(batch, i, number);
            }

            if (LimitReached() is { } limit)
            {
                return limit;
            }

            if (first / ProgressStates != (first + batch.Count) / ProgressStates)
            {
                _options.OnProgress?.Invoke(_table.Count);
            }
        }

        return Verdict.Holds;
    }

    private void Expand(Batch batch, int first, int count)
    {
        batch.Count = count;
        int end = 0;
        for (int i = 0; i < count; i++)
        {
            var steps = new StepList<TState>(batch.Steps.AsSpan(end, _model.MaxSuccessors));
            _model.AddSuccessors(in _table[first + i], ref steps);
            foreach (ref Step<TState> step in steps.Steps)
            {
                if (_isReduced)
                {
                    step.Next = _model.Canonical(step.Next);
                }

                batch.Hashes[end] = StateTable<TState>.Hash(step.Next);
                _table.PrefetchSlot(batch.Hashes[end]);
                end++;
            }

            batch.Ends[i] = end;
        }

        for (int i = 0; i < end; i++)
        {
            _table.PrefetchState(batch.Hashes[i]);
        }
    }

    /// <summary>Puts in what the steps of the batch's state <paramref name="index"/> lead to.</summary>
    private void AddSteps(Batch batch, int index, int number)
    {
        int start = index == 0 ? 0 : batch.Ends[index - 1];
        int end = batch.Ends[index];
        if (start == end && _checksDeadlock)
        {
            _checksDeadlock = false;
            AddCounterexample(_description.NoDeadlock!, _tree.PathTo(number), 0);
        }

        _transitions += end - start;
        for (int i = start; i < end; i++)
        {
            ref readonly Step<TState> step = ref batch.Steps[i];
            uint violations = step.Violations;
            int target = _table.AddOrFind(step.Next, batch.Hashes[i], out bool isNew);
            if (isNew)
            {
                _tree.Add(number);
                violations |= _model.Violations(step.Next);
            }

            _graph?.AddEdge(target, step.Labels);
            if ((violations & _safety) != 0)
            {
                AddCounterexamples(violations & _safety, [.. _tree.PathTo(number), target]);
            }
        }

        _graph?.EndState();
    }

    private void AddInitialStates()
    {
        foreach (TState initial in _model.InitialStates)
        {
            TState state = _isReduced ? _model.Canonical(initial) : initial;
            int number = _table.AddOrFind(state, StateTable<TState>.Hash(state), out bool isNew);
            if (!isNew)
            {
                continue;
            }

            _tree.AddRoot();
            uint violations = _model.Violations(state) & _safety;
            if (violations != 0)
            {
                AddCounterexamples(violations, [number]);
            }
        }
    }

    private Verdict? LimitReached() =>
        _table.Count > _options.StateLimit ? Verdict.StateLimitReached
        : MemoryBytes(more: BatchStates * _model.MaxSuccessors) > _options.MemoryLimitBytes ? Verdict.MemoryLimitReached
        : null;

    /// <summary>What the tables take, and will take for the liveness properties, when so many more steps have been added.</summary>
    private long MemoryBytes(int more) =>
        _table.BytesWith(more) + _tree.BytesWith(more)
        + (_graph is null ? 0 : _graph.BytesWith(more, more) + FairCycleSearch.BytesFor(_table.Count + more));

    private void AddCheckedSafety()
    {
        _checked.AddRange(_description.Safety.Where((_, i) => (_safety >> i & 1) != 0).Select(property => property.Id));
        if (_checksDeadlock)
        {
            _checked.Add(_description.NoDeadlock!.Id);
        }
    }

    private void CheckLiveness()
    {
        if (_graph is null)
        {
            return;
        }

        var search = new FairCycleSearch(_graph, _description.Fairness);
        foreach (IGrouping<string, LivenessProperty> properties in _liveness.GroupBy(property => property.Id))
        {
            bool isViolated = properties.Any(property => IsViolated(property, search));
            if (IsDone)
            {
                return;
            }

            if (!isViolated)
            {
                _checked.Add(properties.Key);
            }
        }
    }

    private bool IsViolated(LivenessProperty property, FairCycleSearch search)
    {
        List<int[]> components = search.Find(StatesWithin(property), property);
        if (components.Count > 0)
        {
            _counterexamples.Add(LivenessCounterexample(property, components));
        }

        return components.Count > 0;
    }

    private Bitmap StatesWithin(LivenessProperty property)
    {
        var within = new Bitmap(_table.Count);
        for (int number = 0; number < _table.Count; number++)
        {
            within[number] = (_model.Propositions(_table[number]) & property.Within) == property.Within;
        }

        return within;
    }

    /// <summary>The run violates these safety properties at its end, and no shorter one does: they are settled.</summary>
    private void AddCounterexamples(uint violations, List<int> path)
    {
        for (; violations != 0 && !IsDone; violations &= violations - 1)
        {
            int index = BitOperations.TrailingZeroCount(violations);
            _safety &= ~(1u << index);
            AddCounterexample(_description.Safety[index], path, 1u << index);
        }
    }

    private void AddCounterexample(SafetyProperty property, List<int> path, uint violation)
    {
        (IReadOnlyList<FieldValue> start, IReadOnlyList<TraceStep> steps) = Traces().Build(path, violation);
        _counterexamples.Add(
            new Counterexample { Property = property.Id, Claim = property.Claim, Start = start, Steps = steps });
    }

    private Counterexample LivenessCounterexample(LivenessProperty property, List<int[]> components)
    {
        LassoFinder.Lasso lasso =
            new LassoFinder(_graph!, _tree, _description.Fairness, property).Find(components);
        int cycleStart = lasso.Path.Count - 1;
        (IReadOnlyList<FieldValue> start, IReadOnlyList<TraceStep> steps) =
            Traces().Build([.. lasso.Path, .. lasso.Cycle], 0, property.Avoiding, cycleStart);
        return new Counterexample
        {
            Property = property.Id,
            Claim = property.Claim,
            Start = start,
            Steps = steps,
            CycleStart = cycleStart,
            IsShortest = lasso.IsShortest,
        };
    }

    private TraceBuilder<TModel, TState> Traces() => new(_model, _table, _isReduced);

    /// <summary>Some states' steps: those of state i end where <see cref="Ends"/>[i] says.</summary>
    private sealed class Batch(int maxSuccessors)
    {
        public readonly Step<TState>[] Steps = new Step<TState>[BatchStates * maxSuccessors];
        public readonly ulong[] Hashes = new ulong[BatchStates * maxSuccessors];
        public readonly int[] Ends = new int[BatchStates];
        public int Count;
    }
}
