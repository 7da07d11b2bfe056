using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.Snapshots;
using Orrery.Interrupts.Timers;

namespace Orrery.Interrupts.Linting;

/// <summary>Looks at a saved state alone: is it whole, can it be stored, does it contradict itself.</summary>
public static class SnapshotLinter
{
    /// <summary>The findings; none for a snapshot that restores as it is.</summary>
    public static IReadOnlyList<LintFinding> Lint(GicSnapshot snapshot)
    {
        var findings = new List<LintFinding>();
        if (GicRestore.Restore(snapshot) is { Error: { } error })
        {
            findings.Add(new LintFinding(0, "restore", error.ToString()));
        }

        var activePriorities = new ActivePriorityRule();
        foreach ((VgicAttribute attribute, ulong value) in snapshot.Attributes)
        {
            activePriorities.Note(0, attribute, value);
            if (attribute.Group == VgicGroup.CpuInterface && attribute.Offset == 0x04 && value > 0x1F)
            {
                findings.Add(new LintFinding(0, "pmr-shift", $"GICC_PMR of vCPU {attribute.Vcpu} is 0x{value:x}: the saved form is the mask shifted down by three"));
            }
        }

        if (activePriorities.Finish() is { } mismatch)
        {
            findings.Add(mismatch);
        }

        LintTimers(snapshot, findings);
        return findings;
    }

    private static void LintTimers(GicSnapshot snapshot, List<LintFinding> findings)
    {
        const int timerPpi = 27;
        for (int cpu = 0; cpu < snapshot.Timers.Count; cpu++)
        {
            TimerRegisters timer = snapshot.Timers[cpu];
            if (timer.LooksSwapped)
            {
                findings.Add(new LintFinding(0, "timer-swapped",
                    $"ISTATUS of timers[{cpu}].cntv_ctl contradicts CVAL 0x{timer.VirtualCompareValue:x} and CNT 0x{timer.VirtualCount:x}, and would not if they were exchanged"));
            }

            if (cpu < snapshot.Cpus.Count && snapshot[VgicAttribute.LineLevel(snapshot.Cpus[cpu], 0)] is { } lines
                && (lines >> timerPpi & 1) != 0 && !timer.VirtualOutput)
            {
                findings.Add(new LintFinding(0, "timer-line",
                    $"the line of PPI {timerPpi} of cpus[{cpu}] is high, and timers[{cpu}] does not drive it: they are of two instants; drive it from the timer after the restore"));
            }
        }
    }
}
