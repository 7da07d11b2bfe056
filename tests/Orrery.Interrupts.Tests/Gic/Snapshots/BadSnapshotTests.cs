using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.Snapshots;
using Orrery.Interrupts.Gic.V3;
using Orrery.Interrupts.Timers;
using Xunit;

namespace Orrery.Interrupts.Tests.Gic.Snapshots;

/// <summary>Truncated and forged snapshots: an error with its place, and no controller.</summary>
public class BadSnapshotTests
{
    private static readonly GicSnapshot s_v2 = GicSnapshot.Of(Machine.V2(cpus: 2, intids: 64).Gic);
    private static readonly GicSnapshot s_v3 = GicSnapshot.Of(Machine.V3(cpus: 2, intids: 64).Gic) with
    {
        Timers = [new TimerRegisters { VirtualControl = 5, VirtualCompareValue = 100, VirtualCount = 200 }, default],
    };

    private static readonly string s_text = GicSnapshotJson.Write(s_v3);

    private static GicSnapshot With(GicSnapshot snapshot, VgicAttribute attribute, ulong value) =>
        snapshot with { Attributes = [.. snapshot.Attributes.Select(a => a.Attribute == attribute ? a with { Value = value } : a)] };

    public static TheoryData<string, string> Forgeries => new()
    {
        { "count", "intids: 65 is not a multiple of 32 from 64 to 1024" },
        { "no cpus", "cpus: 0 are not 1 to 512" },
        { "twins", "cpus: two CPUs have the same affinity" },
        { "aff3", "cpus[1]: 1.0.0.1 has an Aff3, which a GIC with A3V=0 does not route" },
        { "missing", "DIST_REGS 0x0000000000000104: is missing" },
        { "twice", "DIST_REGS 0x0000000000000104: occurs twice" },
        { "stranger", "CPU_REGS 0x0000000000000000: is none of the 140 registers that a GicV3 of this shape saves" },
        { "wide", "DIST_REGS 0x0000000000000104: 0x100000000 has more than 32 bits" },
        { "priority", "DIST_REGS 0x0000000000000420: 0x1 cannot be stored: it reads back as 0x0" },
        { "identity", "DIST_REGS 0x0000000000000008: 0x0 is refused (Invalid)" },
        { "control", "CPU_SYSREGS 0x000000010000C664: 0x8D00 is refused (Invalid)" },
        { "timer", "timers[1].cntp_ctl: 0x8 has bits beside ENABLE, IMASK and ISTATUS" },
        { "timers", "timers: 1 are neither none nor one for each of 2 CPUs" },
        { "kind", "kind: 7 is neither 2 nor 3" },
    };

    [Theory]
    [MemberData(nameof(Forgeries))]
    public void A_forged_snapshot_is_refused_at_its_place(string forgery, string expected)
    {
        VgicAttribute enable = VgicAttribute.Distributor(0x104);
        GicSnapshot forged = forgery switch
        {
            "count" => s_v3 with { IntidCount = 65 },
            "no cpus" => s_v3 with { Cpus = [] },
            "twins" => s_v3 with { Cpus = [default, default] },
            "aff3" => s_v3 with { Cpus = [default, new Affinity(1, 0, 0, 1)] },
            "missing" => s_v3 with { Attributes = [.. s_v3.Attributes.Where(a => a.Attribute != enable)] },
            "twice" => s_v3 with { Attributes = [.. s_v3.Attributes, new AttributeValue(enable, 0)] },
            "stranger" => s_v3 with { Attributes = [.. s_v3.Attributes, new AttributeValue(VgicAttribute.CpuInterface(0, 0), 0)] },
            "wide" => With(s_v3, enable, 1ul << 32),
            "priority" => With(s_v3, VgicAttribute.Distributor(0x420), 1),
            "identity" => With(s_v3, VgicAttribute.Distributor(0x008), 0),
            "control" => With(s_v3, VgicAttribute.SystemRegister(Affinity.OfVcpu(1), IccRegister.Control), 0x8D00),
            "timer" => s_v3 with { Timers = [default, new TimerRegisters { PhysicalControl = 8 }] },
            "timers" => s_v3 with { Timers = [default] },
            _ => s_v3 with { Kind = (VgicKind)7 },
        };
        SnapshotResult<GicController> result = GicRestore.Restore(forged);
        Assert.Null(result.Value);
        Assert.Equal(expected, result.Error!.ToString());
    }

    [Fact]
    public void Timers_make_the_round_trip_as_text()
    {
        GicSnapshot? read = GicSnapshotJson.Read(s_text).Value;
        Assert.Equal(s_v3.Timers, read?.Timers);
        Assert.Empty(GicSnapshotJson.Read(GicSnapshotJson.Write(s_v2)).Value!.Timers);
    }

    [Fact]
    public void A_snapshot_does_not_become_a_controller_of_the_other_kind()
    {
        SnapshotResult<GicController> result = GicRestore.Restore(s_v2, new GicV3Options());
        Assert.Equal("kind: the snapshot is of a GicV2, the controller asked for is not", result.Error!.ToString());
    }

    [Fact]
    public void No_forgery_throws_and_what_is_accepted_holds_what_it_says()
    {
        var forgeries =
            from v3 in ArbMap.Default.GeneratorFor<bool>()
            from index in Gen.Choose(0, 200)
            from what in Gen.Choose(0, 5)
            from value in Gen.OneOf(ArbMap.Default.GeneratorFor<ulong>(), ArbMap.Default.GeneratorFor<uint>().Select(u => (ulong)u))
            select (v3, index, what, value);
        Prop.ForAll(Arb.From(forgeries), forgery =>
        {
            GicSnapshot forged = Forge(forgery.v3 ? s_v3 : s_v2, forgery.index, forgery.what, forgery.value);
            SnapshotResult<GicController> result = GicRestore.Restore(forged);
            return result.Value is null
                ? result.Error!.Place.Length > 0 && result.Error.Problem.Length > 0
                : GicSnapshot.Of(result.Value).Attributes.ToHashSet().SetEquals(forged.Attributes);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    [Fact]
    public void A_text_cut_anywhere_is_refused()
    {
        for (int length = 0; length < s_text.TrimEnd().Length; length += 7)
        {
            SnapshotResult<GicSnapshot> result = GicSnapshotJson.Read(s_text[..length]);
            Assert.Null(result.Value);
            Assert.StartsWith("line ", result.Error!.Place);
        }
    }

    [Theory]
    [InlineData("[]", "snapshot: is no object")]
    [InlineData("{}", "snapshot: has no 'format'")]
    [InlineData("{ \"format\": 1 }", "snapshot: has no 'version'")]
    [InlineData("\"\\ud800\"", "snapshot: is no object")]
    public void A_text_that_is_something_else_is_refused(string text, string expected) =>
        Assert.Equal(expected, GicSnapshotJson.Read(text).Error!.ToString());

    [Theory]
    [InlineData("\"orrery-gic\"", "\"other\"", "format: 'other' is not 'orrery-gic'")]
    [InlineData("\"version\": 1", "\"version\": 2", "version: is not 1, the only version there is")]
    [InlineData("\"gicv3\"", "\"gicv4\"", "kind: is neither 'gicv2' nor 'gicv3'")]
    [InlineData("\"intids\": 64", "\"intids\": 6.5", "intids: is no number")]
    [InlineData("\"0.0.0.1\"", "\"0.0.1\"", "cpus[1]: is no affinity such as '0.0.1.3'")]
    [InlineData("\"DIST_REGS\"", "\"DIST\"", "attributes[0].group: 'DIST' is no group of a KVM GIC device")]
    [InlineData("\"0x8\"", "\"8\"", "attributes[0].attr: is no hexadecimal number of at most 64 bits such as '0x1F'")]
    [InlineData("\"0x64\"", "\"100\"", "timers[0].cntv_cval: is no hexadecimal number of at most 64 bits such as '0x1F'")]
    [InlineData("\"cntvct\"", "\"cnt\"", "timers[0]: has no 'cntvct'")]
    [InlineData("\"timers\": [", "\"timers\": [ 7,", "timers[0]: is no object")]
    [InlineData("\"attr\"", "\"attribute\"", "attributes[0]: has no 'attr'")]
    [InlineData("\"format\": \"orrery-gic\"", "\"format\": \"orrery-gic\", \"more\": 1", "snapshot: has an unknown 'more'")]
    [InlineData("\"orrery-gic\"", "\"\\udc00\"", "text: has a string with half of a surrogate pair")]
    public void A_mistake_in_a_text_is_named_at_its_place(string found, string replaced, string expected)
    {
        int at = s_text.IndexOf(found, StringComparison.Ordinal);
        string text = s_text[..at] + replaced + s_text[(at + found.Length)..];
        Assert.Equal(expected, GicSnapshotJson.Read(text).Error!.ToString());
    }

    [Fact]
    public void No_damaged_text_throws()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(s_text);
        var damages = from at in Gen.Choose(0, bytes.Length - 1) from value in Gen.Choose(0, 255) select (at, value);
        Prop.ForAll(Arb.From(damages), damage =>
        {
            byte[] damaged = [.. bytes];
            damaged[damage.at] = (byte)damage.value;
            SnapshotResult<GicSnapshot> read = GicSnapshotJson.Read(Encoding.Latin1.GetString(damaged));
            return read.Error is not null || GicRestore.Restore(read.Value!) is not null;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    [Fact]
    public void A_text_that_is_too_long_is_not_read() =>
        Assert.Equal("text", GicSnapshotJson.Read(new string(' ', GicSnapshotJson.LengthMax + 1)).Error!.Place);

    private static GicSnapshot Forge(GicSnapshot snapshot, int index, int what, ulong value)
    {
        var attributes = snapshot.Attributes.ToList();
        index %= attributes.Count;
        switch (what)
        {
            case 0:
                attributes.RemoveAt(index);
                break;
            case 1:
                attributes.Add(attributes[index]);
                break;
            case 2:
                attributes[index] = attributes[index] with { Attribute = attributes[index].Attribute with { Attr = value } };
                break;
            case 3:
                attributes[index] = attributes[index] with { Attribute = attributes[index].Attribute with { Group = (VgicGroup)(value % 12) } };
                break;
            case 4:
                return snapshot with { IntidCount = (int)value, Cpus = [.. snapshot.Cpus.Take((int)(value % 3))] };
            default:
                attributes[index] = attributes[index] with { Value = value };
                break;
        }

        return snapshot with { Attributes = attributes };
    }
}
