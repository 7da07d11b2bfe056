using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Orrery.Interrupts.Exploration;

/// <summary>
/// An explicit-state model checker: visits every reachable state breadth first, checks the safety properties on each state
/// and step, then the liveness properties on the graph of all of them.
/// </summary>
public static class Explorer
{
    /// <summary>Explores <paramref name="model"/> until a selected property is violated, all is seen, or a limit is reached.</summary>
    /// <exception cref="ArgumentException">
    /// The state's size is no multiple of 8 bytes, or the model has more properties or constraints than fit.
    /// </exception>
    public static ExplorationResult Explore<TModel, TState>(TModel model, ExplorationOptions? options = null)
        where TModel : struct, IModel<TState>
        where TState : unmanaged, IEquatable<TState>
    {
        if (Unsafe.SizeOf<TState>() % sizeof(ulong) != 0)
        {
            throw new ArgumentException("A state must be a multiple of 8 bytes.", nameof(model));
        }

        if (model.Description.Safety.Count > 32 || model.Description.Fairness.Count > 15)
        {
            throw new ArgumentException("At most 32 safety properties and 15 fairness constraints.", nameof(model));
        }

        return new Exploration<TModel, TState>(model, options ?? new ExplorationOptions()).Run();
    }
}

/// <summary>One exploration: its tables and where it stands.</summary>
internal sealed class Exploration<TModel, TState>
    where TModel : struct, IModel<TState>
    where TState : unmanaged, IEquatable<TState>
{
    private readonly TModel _model;
    private readonly ModelDescription _description;
    private readonly ExplorationOptions _options;
    private readonly StateTable<TState> _table = new();
    private readonly SearchTree _tree = new();
    private readonly StateGraph? _graph;
    private readonly List<LivenessProperty> _liveness;
    private readonly uint _safety;
    private readonly bool _isReduced;
    private readonly bool _checksDeadlock;
    private readonly List<string> _checked = [];
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
        (Verdict verdict, Counterexample? counterexample) = Search();
        TimeSpan searchTime = _clock.Elapsed;
        if (verdict == Verdict.Holds)
        {
            _checked.AddRange(_description.Safety.Where((_, i) => (_safety >> i & 1) != 0).Select(p => p.Id));
            if (_checksDeadlock)
            {
                _checked.Add(_description.NoDeadlock!.Id);
            }

            counterexample = CheckLiveness();
            verdict = counterexample is null ? Verdict.Holds : Verdict.Violated;
        }

        return new ExplorationResult
        {
            Verdict = verdict,
            States = _table.Count,
            Transitions = _transitions,
            Depth = _depth,
            MemoryBytes = MemoryBytes(_table.Bytes),
            SearchTime = searchTime,
            TotalTime = _clock.Elapsed,
            Checked = _checked,
            Counterexample = counterexample,
        };
    }

    private (Verdict Verdict, Counterexample? Counterexample) Search()
    {
        if (AddInitialStates() is { } initial)
        {
            return (Verdict.Violated, initial);
        }

        var storage = new Step<TState>[_model.MaxSuccessors];
        Span<ulong> hashes = new ulong[_model.MaxSuccessors];
        var steps = new StepList<TState>(storage);
        int levelEnd = _table.Count;
        for (int number = 0; number < _table.Count; number++)
        {
            if (number == levelEnd)
            {
                levelEnd = _table.Count;
                _depth++;
            }

            TState state = _table[number];
            steps.Clear();
            _model.AddSuccessors(in state, ref steps);
            Span<Step<TState>> next = steps.Steps;
            if (next.IsEmpty && _checksDeadlock)
            {
                return (Verdict.Violated, SafetyCounterexample(_description.NoDeadlock!, _tree.PathTo(number), 0));
            }

            // The table's cache lines are asked for first, so that they arrive together instead of one after the other.
            for (int i = 0; i < next.Length; i++)
            {
                if (_isReduced)
                {
                    next[i].Next = _model.Canonical(next[i].Next);
                }

                hashes[i] = StateTable<TState>.Hash(next[i].Next);
                _table.Prefetch(hashes[i]);
            }

            for (int i = 0; i < next.Length; i++)
            {
                ref readonly Step<TState> step = ref next[i];
                uint violations = step.Violations;
                int target = _table.AddOrFind(step.Next, hashes[i], out bool isNew);
                if (isNew)
                {
                    _tree.Add(number);
                    violations |= _model.Violations(step.Next);
                }

                _graph?.AddEdge(target, step.Labels);
                if ((violations & _safety) != 0)
                {
                    _transitions += i + 1;
                    return (Verdict.Violated, SafetyCounterexample(violations & _safety, number, target));
                }
            }

            _graph?.EndState();
            _transitions += next.Length;
            if (LimitReached() is { } limit)
            {
                return (limit, null);
            }
        }

        return (Verdict.Holds, null);
    }

    private Counterexample? AddInitialStates()
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
                SafetyProperty property = _description.Safety[BitOperations.TrailingZeroCount(violations)];
                return SafetyCounterexample(property, [number], 0);
            }
        }

        return null;
    }

    private Verdict? LimitReached() =>
        _table.Count > _options.StateLimit ? Verdict.StateLimitReached
        : MemoryBytes(_table.BytesAfterGrowth) > _options.MemoryLimitBytes ? Verdict.MemoryLimitReached
        : null;

    private long MemoryBytes(long tableBytes) =>
        tableBytes + _tree.Bytes + (_graph is null ? 0 : _graph.Bytes + FairCycleSearch.BytesFor(_table.Count));

    private Counterexample? CheckLiveness()
    {
        if (_graph is null)
        {
            return null;
        }

        var search = new FairCycleSearch(_graph, _description.Fairness);
        foreach (LivenessProperty property in _liveness)
        {
            List<int[]> components = search.Find(StatesWithin(property), property);
            if (components.Count > 0)
            {
                return LivenessCounterexample(property, components);
            }

            _checked.Add(property.Id);
        }

        return null;
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

    private Counterexample SafetyCounterexample(uint violations, int from, int to)
    {
        int index = BitOperations.TrailingZeroCount(violations);
        List<int> path = _tree.PathTo(from);
        path.Add(to);
        return SafetyCounterexample(_description.Safety[index], path, 1u << index);
    }

    private Counterexample SafetyCounterexample(SafetyProperty property, List<int> path, uint violation)
    {
        (IReadOnlyList<FieldValue> start, IReadOnlyList<TraceStep> steps) = Traces().Build(path, violation);
        return new Counterexample { Property = property.Id, Claim = property.Claim, Start = start, Steps = steps };
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
}
