using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.Snapshots;

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

        return findings;
    }
}
