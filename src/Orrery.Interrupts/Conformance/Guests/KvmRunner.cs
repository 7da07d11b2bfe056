using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Conformance.Programs;

namespace Orrery.Interrupts.Conformance.Guests;

/// <summary>Runs programs on the KVM of an emulated host, many in each exchange with its agent.</summary>
internal sealed class KvmRunner(EmulatedHost host)
{
    /// <summary>Programs of one exchange: enough that the exchange itself costs nothing, few enough to see progress.</summary>
    public const int BatchSize = 50;

    private readonly AgentBatch _batch = new();

    /// <summary>
    /// Runs up to <see cref="BatchSize"/> programs, each on a new machine. False when the host is lost or KVM refuses to
    /// set a machine up.
    /// </summary>
    public bool TryRun(IReadOnlyList<ConformanceProgram> programs, out OperationResult[][] results, out string problem)
    {
        results = new OperationResult[programs.Count][];
        _batch.Clear();
        var lowered = new KvmProgram[programs.Count];
        for (int i = 0; i < lowered.Length; i++)
        {
            lowered[i] = KvmProgram.Append(programs[i], _batch);
        }

        if (!host.TryExecute(_batch, out AgentAnswer[]? answers, out problem))
        {
            return false;
        }

        for (int i = 0; i < lowered.Length; i++)
        {
            if (!lowered[i].TryDecode(answers, out results[i], out problem))
            {
                return false;
            }
        }

        return true;
    }
}
