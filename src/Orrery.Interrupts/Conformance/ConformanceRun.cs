using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Orrery.Interrupts.Conformance.Comparison;
using Orrery.Interrupts.Conformance.Generation;
using Orrery.Interrupts.Conformance.Guests;
using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Conformance.Programs;

namespace Orrery.Interrupts.Conformance;

/// <summary>
/// Compares real KVM with the models: generates programs, runs each on both, explains what differs by the known
/// deviations, and shrinks the rest to smallest cases.
/// </summary>
public sealed class ConformanceRun
{
    private readonly ConformanceOptions _options;
    private readonly EmulatedHost _host;
    private readonly KvmRunner _kvm;
    private readonly Dictionary<VerdictKind, int> _verdicts = [];
    private readonly Dictionary<string, int> _seen = [];
    private readonly List<ProgramTrace> _traces = [];
    private readonly List<(int Number, Difference Difference)> _unexplained = [];

    /// <summary>For each deviation, the first program in which it was the only one seen.</summary>
    private readonly SortedDictionary<string, ConformanceProgram> _examples = new(StringComparer.Ordinal);

    private ConformanceRun(ConformanceOptions options, EmulatedHost host)
    {
        _options = options;
        _host = host;
        _kvm = new KvmRunner(host);
    }

    /// <summary>
    /// Boots a machine and compares. False, with the reason, when the machine cannot be had or is lost on the way.
    /// </summary>
    /// <param name="options">What to compare.</param>
    /// <param name="progress">Told how many programs are done, from the calling thread.</param>
    /// <param name="report">How it went.</param>
    /// <param name="problem">Why there is no report.</param>
    public static bool TryRun(
        ConformanceOptions options, Action<int>? progress, [NotNullWhen(true)] out ConformanceReport? report, out string problem)
    {
        report = null;
        if (!EmulatedHost.TryStart(options.Host, out EmulatedHost? host, out problem))
        {
            return false;
        }

        using (host)
        {
            return TryRun(options, host, progress, out report, out problem);
        }
    }

    /// <summary>As the other, on a machine that already runs.</summary>
    internal static bool TryRun(
        ConformanceOptions options, EmulatedHost host, Action<int>? progress, [NotNullWhen(true)] out ConformanceReport? report,
        out string problem)
    {
        report = null;
        var run = new ConformanceRun(options, host);
        if (!run.TryCompare(progress, out problem)
            || !run.TryShrink(out ImmutableArray<UnexplainedDifference> unexplained, out problem)
            || !run.TryFindSmallest(out ImmutableArray<SmallestCase> smallest, out problem))
        {
            return false;
        }

        report = new ConformanceReport
        {
            Gic = options.Gic,
            KernelRelease = host.KernelRelease,
            Seed = options.Seed,
            Verdicts = run._verdicts.ToImmutableSortedDictionary(),
            Seen = run._seen.ToImmutableSortedDictionary(StringComparer.Ordinal),
            SmallestCases = smallest,
            Traces = [.. run._traces],
            Unexplained = unexplained,
        };
        return true;
    }

    private bool TryCompare(Action<int>? progress, out string problem)
    {
        var generator = new ProgramGenerator(_options.Gic, _options.Seed);
        problem = string.Empty;
        for (int done = 0; done < _options.Count;)
        {
            int first = _options.First + done;
            int count = Math.Min(KvmRunner.BatchSize, _options.Count - done);
            ConformanceProgram[] programs = [.. Enumerable.Range(first, count).Select(generator.Generate)];
            if (!_kvm.TryRun(programs, out OperationResult[][] results, out problem))
            {
                problem = $"programs {first} to {first + count - 1} of seed {_options.Seed}: {problem}";
                return false;
            }

            for (int i = 0; i < count; i++)
            {
                Note(first + i, programs[i], Verdict.Of(programs[i], results[i]));
                if (_options.Traces)
                {
                    _traces.Add(new ProgramTrace(programs[i], [.. results[i]])
                    {
                        Title = [$"program {first + i} of seed {_options.Seed}"],
                        RecordedOn = _host.KernelRelease,
                    });
                }
            }

            done += count;
            progress?.Invoke(done);
        }

        return true;
    }

    private void Note(int number, ConformanceProgram program, Verdict verdict)
    {
        if (verdict.Known is [var only])
        {
            _examples.TryAdd(only.Id, program);
        }

        _verdicts[verdict.Kind] = _verdicts.GetValueOrDefault(verdict.Kind) + 1;
        foreach (KnownDeviation known in verdict.Known)
        {
            _seen[known.Id] = _seen.GetValueOrDefault(known.Id) + 1;
        }

        if (verdict.Kind == VerdictKind.Unexplained)
        {
            _unexplained.Add((number, verdict.Difference!));
        }
    }

    private bool TryShrink(out ImmutableArray<UnexplainedDifference> shrunk, out string problem)
    {
        var found = ImmutableArray.CreateBuilder<UnexplainedDifference>();
        problem = string.Empty;
        shrunk = [];
        foreach ((int number, Difference difference) in _unexplained)
        {
            if (found.Count >= _options.ShrinkLimit)
            {
                found.Add(new UnexplainedDifference(number, difference, IsReproducible: true));
                continue;
            }

            if (!Shrinker.TryShrink(difference.Program, Where(verdict => verdict.Kind == VerdictKind.Unexplained), out ConformanceProgram smallest, out problem)
                || !_kvm.TryRun([smallest], out OperationResult[][] results, out problem))
            {
                return false;
            }

            Difference? again = Verdict.Of(smallest, results[0]).Difference;
            found.Add(new UnexplainedDifference(number, again ?? difference, again is not null));
        }

        shrunk = found.ToImmutable();
        return true;
    }

    private bool TryFindSmallest(out ImmutableArray<SmallestCase> cases, out string problem)
    {
        var found = ImmutableArray.CreateBuilder<SmallestCase>();
        problem = string.Empty;
        cases = [];
        foreach ((string id, ConformanceProgram example) in _options.SmallestCases ? _examples : [])
        {
            if (!Shrinker.TryShrink(
                    example, Where(verdict => verdict.Known is [var only] && only.Id == id), out ConformanceProgram smallest, out problem)
                || !_kvm.TryRun([smallest], out OperationResult[][] results, out problem))
            {
                return false;
            }

            KnownDeviation known = KnownDeviation.All.Single(k => k.Id == id);
            found.Add(new SmallestCase(known, new ProgramTrace(smallest, [.. results[0]])
            {
                Title = [$"{id}: {known.Title}"],
                RecordedOn = _host.KernelRelease,
            }));
        }

        cases = found.ToImmutable();
        return true;
    }

    /// <summary>A test that runs programs on KVM and looks at the verdict.</summary>
    private DifferenceTest Where(Func<Verdict, bool> condition) =>
        (IReadOnlyList<ConformanceProgram> candidates, out bool[] shows, out string problem) =>
        {
            shows = new bool[candidates.Count];
            if (!_kvm.TryRun(candidates, out OperationResult[][] results, out problem))
            {
                return false;
            }

            for (int i = 0; i < shows.Length; i++)
            {
                shows[i] = condition(Verdict.Of(candidates[i], results[i]));
            }

            return true;
        };
}
