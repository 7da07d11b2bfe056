using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.Snapshots;
using Orrery.Interrupts.Gic.V3;
using Xunit;

namespace Orrery.Interrupts.Tests.Gic.Mutants;

/// <summary>
/// Restores as monitors have got them wrong: each mutant changes the writes of a restore into a device that was in use,
/// and what a guest did before the save shows the difference; the shortest such doing is known.
/// </summary>
public class RestoreMutantTests
{
    private const uint Icenabler = 0x180, Ispendr = 0x200, Icpendr = 0x280, Isactiver = 0x300, Icactiver = 0x380, Irouter = 0x6000;

    private delegate IEnumerable<RestoreWrite> Mutation(IReadOnlyList<RestoreWrite> writes);

    private static readonly Dictionary<string, (VgicKind Kind, Mutation Mutate)> s_mutants = new()
    {
        // QEMU hw/intc/arm_gicv3_kvm.c as stored: SPIs are "cleared" by writing zeros to the clear registers.
        ["zeros written to clear registers of SPIs"] = (VgicKind.GicV3, writes => Change(
            writes, a => a.Group == VgicGroup.Distributor && a.Offset is (>= Icenabler and < Ispendr) or (>= Icactiver and < 0x400), _ => 0)),

        // The same file: a stride of 4 bytes over GICD_IROUTER, which reaches the lower half of the INTIDs only.
        ["IROUTER saved with a stride of 4 bytes"] = (VgicKind.GicV3, writes => writes.Where(
            w => w.Write.Attribute.Group != VgicGroup.Distributor || w.Write.Attribute.Offset < Irouter + 4 * 96)),

        // cloud-hypervisor PR 8638: every redistributor and CPU interface is saved from, and restored to, vCPU 0.
        ["all affinities zero"] = (VgicKind.GicV3, writes => writes.Select(w => new RestoreWrite(w.Step, new AttributeValue(
            w.Write.Attribute with { Attr = w.Write.Attribute.Attr & 0xFFFF_FFFF }, w.Write.Value)))),

        ["lines not restored"] = (VgicKind.GicV3, writes => writes.Where(w => w.Step != RestoreStep.Lines)),
        ["active bits without active priorities"] = (VgicKind.GicV3, writes => Change(
            writes, a => a.Group == VgicGroup.SystemRegister && a.Offset is >= 0xC644 and < 0xC64C, _ => 0)),
        ["active priorities without active bits"] = (VgicKind.GicV3, writes => Change(
            writes, a => a.Group == VgicGroup.Distributor && a.Offset is >= Isactiver and < Icactiver, _ => 0)),
        ["ISPENDR written where it is zero only if it is not"] = (VgicKind.GicV3, writes => writes.Where(
            w => w.Step != RestoreStep.Pending || w.Write.Value != 0)),

        ["PMR not shifted"] = (VgicKind.GicV2, writes => Change(
            writes, a => a.Group == VgicGroup.CpuInterface && a.Offset == 0x04, value => value << 3)),
        ["groups before IIDR"] = (VgicKind.GicV2, writes => writes.OrderBy(w => w.Step == RestoreStep.Identification)),
        ["ICPENDR not written first"] = (VgicKind.GicV2, writes => writes.Where(
            w => w.Write.Attribute.Group != VgicGroup.Distributor || w.Write.Attribute.Offset is < Icpendr or >= Isactiver)),
        ["sources of SGIs not restored"] = (VgicKind.GicV2, writes => writes.Where(
            w => w.Write.Attribute.Group != VgicGroup.Distributor || w.Write.Attribute.Offset is < 0xF20 or >= 0xF30)),
    };

    public static TheoryData<string, string> Traces => new()
    {
        { "zeros written to clear registers of SPIs", "" },
        { "IROUTER saved with a stride of 4 bytes", "route 90 to cpu 1" },
        { "all affinities zero", "mask 0x40 on cpu 0" },
        { "lines not restored", "line of 41 high" },
        { "active bits without active priorities", "ISPENDR 40; acknowledge on cpu 0" },
        { "active priorities without active bits", "ISACTIVER 40" },
        { "ISPENDR written where it is zero only if it is not", "" },
        { "PMR not shifted", "" },
        { "groups before IIDR", "group 1 of 40" },
        { "ICPENDR not written first", "" },
        { "sources of SGIs not restored", "SGI 5 from cpu 1" },
    };

    [Theory]
    [MemberData(nameof(Traces))]
    public void Each_mutant_is_killed_and_its_shortest_trace_is_known(string mutant, string expected) =>
        Assert.Equal(expected, string.Join("; ", Hunt(mutant) ?? ["not killed"]));

    [Fact]
    public void No_mutant_is_left_out() => Assert.Empty(s_mutants.Keys.Except(Traces.Select(row => (string)row[0])));

    [Theory]
    [InlineData(VgicKind.GicV2)]
    [InlineData(VgicKind.GicV3)]
    public void The_right_restore_leaves_nothing_of_the_earlier_use(VgicKind kind) =>
        Assert.Null(Hunt(kind, writes => writes, depth: 2));

    private static string[]? Hunt(string mutant) => Hunt(s_mutants[mutant].Kind, s_mutants[mutant].Mutate, depth: 3);

    /// <summary>Tries what the guest may do before the save, shortest first, up to a depth.</summary>
    private static string[]? Hunt(VgicKind kind, Mutation mutate, int depth)
    {
        var level = new List<(Machine Machine, string[] Names)> { (New(kind), []) };
        for (int length = 0; length <= depth; length++)
        {
            foreach ((Machine machine, string[] names) in level)
            {
                GicSnapshot snapshot = GicSnapshot.Of(machine.Gic);
                if (!GicSnapshot.Of(RestoreIntoUsed(snapshot, mutate).Gic).Attributes.SequenceEqual(snapshot.Attributes))
                {
                    return names;
                }
            }

            level = [.. level.SelectMany(entry => Events(kind).Select(happening =>
            {
                Machine next = entry.Machine.Clone();
                happening.Do(next);
                return (next, (string[])[.. entry.Names, happening.Name]);
            }))];
        }

        return null;
    }

    private static Machine New(VgicKind kind) => kind == VgicKind.GicV2 ? Machine.V2(cpus: 2) : Machine.V3(cpus: 2);

    /// <summary>The destination has run another guest: everything is enabled, pending and active there.</summary>
    private static Machine RestoreIntoUsed(GicSnapshot snapshot, Mutation mutate)
    {
        Machine used = New(snapshot.Kind);
        for (uint intid = 32; intid < 96; intid++)
        {
            used.Enable(intid);
            used.SetPending(intid);
            used.SetActive(intid);
        }

        SnapshotError? error = GicRestore.Apply(mutate(RestorePlan.Of(snapshot)), (IVgic)used.Gic);
        Assert.True(error is null, error?.ToString());
        return used;
    }

    private static IEnumerable<RestoreWrite> Change(
        IEnumerable<RestoreWrite> writes, Func<VgicAttribute, bool> which, Func<ulong, ulong> change) =>
        writes.Select(w => which(w.Write.Attribute)
            ? new RestoreWrite(w.Step, w.Write with { Value = change(w.Write.Value) })
            : w);

    private static IEnumerable<Event> Events(VgicKind kind)
    {
        yield return Of("enable 40", m => m.Enable(40));
        yield return Of("ISPENDR 40", m => m.SetPending(40));
        yield return Of("ISACTIVER 40", m => m.SetActive(40));
        yield return Of("line of 41 high", m => Level(m, 41));
        yield return Of("acknowledge on cpu 0", m =>
        {
            m.Enable(40);
            m.Acknowledge();
        });
        yield return Of("route 90 to cpu 1", m => m.Route(90, 1));
        yield return Of("mask 0x40 on cpu 0", m => m.SetMask(0x40));
        yield return Of("SGI 5 from cpu 1", m => m.SendSgi(5, from: 1, 0));
        if (kind == VgicKind.GicV2)
        {
            yield return Of("group 1 of 40", m => m.WriteBit(0x080, 40));
        }
    }

    private static void Level(Machine machine, uint intid)
    {
        machine.Configure(intid, edge: false);
        machine.Line(intid, true);
    }

    private static Event Of(string name, Action<Machine> act) => new(name, machine =>
    {
        act(machine);
        return 0;
    });
}
