using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.Snapshots;
using Orrery.Interrupts.Gic.V2;
using Orrery.Interrupts.Gic.V3;

namespace Orrery.Interrupts.Conformance.Guests;

/// <summary>One write of a migration: a constant, or some bits of what the source has there.</summary>
/// <param name="Attribute">Where.</param>
/// <param name="Constant">What is written, if it does not come from the source.</param>
/// <param name="Mask">The bits taken over from the source.</param>
internal readonly record struct MigrationWrite(VgicAttribute Attribute, ulong? Constant, ulong Mask);

/// <summary>
/// The writes of a migration for a machine of a given shape: those of Orrery's restore, with the values left open, so
/// that they can be made before the source is known.
/// </summary>
internal static class MigrationPlan
{
    public static IEnumerable<MigrationWrite> Of(MachineShape shape)
    {
        GicController any = shape.Gic == VgicKind.GicV2
            ? new GicV2(new GicV2Options { CpuCount = shape.Vcpus, IntidCount = shape.InterruptCount })
            : new GicV3(new GicV3Options { CpuCount = shape.Vcpus, IntidCount = shape.InterruptCount });

        // A snapshot in which every bit is set shows, through the plan, which bits of which registers are written.
        GicSnapshot snapshot = GicSnapshot.Of(any);
        ulong control = ControlOf(snapshot);
        GicSnapshot full = snapshot with
        {
            Attributes = [.. snapshot.Attributes.Select(a => a with { Value = IsControl(a.Attribute) ? control : ulong.MaxValue })],
        };
        var saved = full.Attributes.Select(a => a.Attribute).ToHashSet();
        foreach ((_, AttributeValue write) in RestorePlan.Of(full))
        {
            yield return saved.Contains(write.Attribute)
                ? new MigrationWrite(write.Attribute, null, IsControl(write.Attribute) ? ulong.MaxValue : write.Value)
                : new MigrationWrite(write.Attribute, write.Value, 0);
        }
    }

    /// <summary>ICC_CTLR_EL1 tells the plan how many active priority registers there are, and so keeps its value.</summary>
    private static bool IsControl(VgicAttribute attribute) =>
        attribute.Group == VgicGroup.SystemRegister && (IccRegister)attribute.Offset == IccRegister.Control;

    private static ulong ControlOf(GicSnapshot snapshot) =>
        snapshot.Attributes.FirstOrDefault(a => IsControl(a.Attribute)).Value;
}
