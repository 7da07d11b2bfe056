using System.Collections.Immutable;
using Orrery.Interrupts.Conformance.Comparison;
using Orrery.Interrupts.Conformance.Guests;
using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Conformance.Programs;

namespace Orrery.Interrupts.Conformance;

/// <summary>Runs traces on real KVM and records what it does: how goldens are made, and how a saved case is looked at again.</summary>
public static class TraceRecorder
{
    /// <summary>
    /// Records traces that are all for one controller. False, with the reason, when the machine cannot be had or is lost.
    /// </summary>
    public static bool TryRecord(
        IReadOnlyList<ProgramTrace> traces, EmulatedHostOptions options, out ImmutableArray<(ProgramTrace Trace, Verdict Verdict)> recorded,
        out string problem)
    {
        recorded = [];
        if (!EmulatedHost.TryStart(options, out EmulatedHost? host, out problem))
        {
            return false;
        }

        using (host)
        {
            return TryRecord(traces, host, out recorded, out problem);
        }
    }

    internal static bool TryRecord(
        IReadOnlyList<ProgramTrace> traces, EmulatedHost host, out ImmutableArray<(ProgramTrace Trace, Verdict Verdict)> recorded,
        out string problem)
    {
        var kvm = new KvmRunner(host);
        var all = ImmutableArray.CreateBuilder<(ProgramTrace, Verdict)>();
        problem = string.Empty;
        recorded = [];
        foreach (ProgramTrace[] some in traces.Chunk(KvmRunner.BatchSize))
        {
            if (!kvm.TryRun([.. some.Select(trace => trace.Program)], out OperationResult[][] results, out problem))
            {
                return false;
            }

            for (int i = 0; i < some.Length; i++)
            {
                ProgramTrace trace = some[i] with { Results = [.. results[i]], RecordedOn = host.KernelRelease };
                all.Add((trace, Verdict.Of(trace.Program, results[i])));
            }
        }

        recorded = all.ToImmutable();
        return true;
    }
}
