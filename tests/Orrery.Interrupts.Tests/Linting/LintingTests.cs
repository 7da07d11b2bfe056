using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Snapshots;
using Orrery.Interrupts.Gic.V3;
using Orrery.Interrupts.Linting;
using Orrery.Interrupts.Timers;
using Xunit;

namespace Orrery.Interrupts.Tests.Linting;

public class LintingTests
{
    private const string Setup =
        """
        [pid 12] ioctl(8, KVM_CREATE_VCPU, 0) = 9
        [pid 12] ioctl(8, KVM_CREATE_VCPU, 1) = 10
        [pid 12] ioctl(8, KVM_CREATE_DEVICE, {type=7, fd=11, flags=0}) = 0
        [pid 12] ioctl(11, KVM_SET_DEVICE_ATTR, {flags=0, group=4, attr=0, addr=0}) = 0

        """;

    [Theory]
    [InlineData("ioctl(11, KVM_SET_DEVICE_ATTR, {group=1, attr=0x0, addr=[0x2]}) = 0", "")]
    [InlineData("ioctl(11, KVM_SET_DEVICE_ATTR, {group=1, attr=0x184, addr=[0x0]}) = 0", "5 clear-with-ones")]
    [InlineData("ioctl(11, KVM_SET_DEVICE_ATTR, {group=1, attr=0x284, addr=[0x1]}) = 0", "5 icpendr-ignored")]
    [InlineData("ioctl(11, KVM_SET_DEVICE_ATTR, {group=6, attr=0x700000000c230, addr=[0xf0]}) = 0", "5 affinity")]
    [InlineData("ioctl(11, KVM_SET_DEVICE_ATTR, {group=6, attr=0xc664, addr=[0xffff]}) = -1 EINVAL (Invalid argument)", "5 refused")]
    [InlineData("ioctl(8, KVM_IRQ_LINE, {irq=0x200001b, level=1}) = 0", "5 timer-line")]
    [InlineData("ioctl(9, KVM_RUN, 0) = 0\nioctl(11, KVM_SET_DEVICE_ATTR, {group=5, attr=0x10300, addr=[0x8000000]}) = 0", "6 active-before-run; 6 active-without-priority")]
    [InlineData("ioctl(9, KVM_SET_ONE_REG, {id=0x603000000013df19, addr=[0x1]}) = 0", "5 timer-order")]
    [InlineData("ioctl(11, KVM_SET_DEVICE_ATTR, {group=1, attr=0x304, addr=[0x100]}) = 0", "5 active-without-priority")]
    [InlineData("ioctl(11, KVM_SET_DEVICE_ATTR, {group=1, attr=0x304, addr=[0x100]}) = 0\nioctl(11, KVM_SET_DEVICE_ATTR, {group=6, attr=0xc664, addr=[0x8c02]}) = 0", "")]
    [InlineData("ioctl(11, KVM_SET_DEVICE_ATTR, {group=1, attr=0x304, addr=[0x100]}) = 0\nioctl(11, KVM_SET_DEVICE_ATTR, {group=6, attr=0xc648, addr=[0x10]}) = 0", "")]
    [InlineData("ioctl(11, KVM_SET_DEVICE_ATTR, {group=6, attr=0xc648, addr=[0x10]}) = 0", "5 priority-without-active")]
    [InlineData("ioctl(0xb, 0x4018aee1 /* KVM_SET_DEVICE_ATTR */, {group=1, attr=0x184, addr=[0x0]}) = 0", "5 clear-with-ones")]
    [InlineData("ioctl(8, _IOC(_IOC_WRITE, 0xae, 0xb5, 0x10), {counter_offset=5, reserved=0}) = 0\nioctl(9, KVM_SET_ONE_REG, {id=0x603000000013df1a, addr=[0x1]}) = 0", "6 counter")]
    public void A_violated_rule_is_named_with_its_line(string lines, string expected) =>
        Assert.Equal(expected, string.Join("; ", Lint(Setup + lines).Where(f => f.Line > 0).Select(f => $"{f.Line} {f.Rule}")));

    private const string Its = "ioctl(8, KVM_CREATE_DEVICE, {type=8, fd=12, flags=0}) = 0\n";

    /// <summary>Registers as {offset, value}; "tables" restores them; "redistributor" writes one.</summary>
    [Theory]
    [InlineData("80=8000000000000000 90=20 88=20 100=8000000000000000 4=1 tables 0=1", "")]
    [InlineData("90=20 80=8000000000000000", "6 its-order")]
    [InlineData("80=8000000000000000 0=1 88=20", "8 its-order")]
    [InlineData("100=8000000000000000", "6 its-tables")]
    [InlineData("tables 100=8000000000000000", "7 its-order")]
    [InlineData("0=1 tables", "7 its-order")]
    [InlineData("tables redistributor", "7 its-order")]
    public void An_ITS_is_restored_in_the_order_of_the_kernels_documentation(string steps, string expected)
    {
        string lines = string.Join('\n', steps.Split(' ').Select(step => step switch
        {
            "tables" => "ioctl(12, KVM_SET_DEVICE_ATTR, {group=4, attr=2, addr=0}) = 0",
            "redistributor" => "ioctl(11, KVM_SET_DEVICE_ATTR, {group=5, attr=0x70, addr=[0x1]}) = 0",
            _ => $"ioctl(12, KVM_SET_DEVICE_ATTR, {{group=8, attr=0x{step.Split('=')[0]}, addr=[0x{step.Split('=')[1]}]}}) = 0",
        }));
        Assert.Equal(expected, string.Join("; ", Lint(Setup + Its + lines).Where(f => f.Line > 0).Select(f => $"{f.Line} {f.Rule}")));
    }

    /// <summary>What real KVM showed: the goldens K12-restore-gic3 and K12-gic2.</summary>
    [Fact]
    public void A_distributor_enabled_after_pending_state_is_found() => Assert.Contains(
        Lint(Setup
            + "ioctl(11, KVM_SET_DEVICE_ATTR, {group=1, attr=0x204, addr=[0x4]}) = 0\n"
            + "ioctl(11, KVM_SET_DEVICE_ATTR, {group=7, attr=0x20, addr=[0x2]}) = 0\n"
            + "ioctl(11, KVM_SET_DEVICE_ATTR, {group=1, attr=0x0, addr=[0x2]}) = 0"),
        finding => finding is { Line: 7, Rule: "control-before-pending" });

    [Fact]
    public void Exchanged_timer_registers_are_found() => Assert.Contains(
        Lint(Setup
            + "ioctl(9, KVM_SET_ONE_REG, {id=0x603000000013df1a, addr=[0x5000]}) = 0\n"
            + "ioctl(9, KVM_SET_ONE_REG, {id=0x603000000013df02, addr=[0x1000]}) = 0\n"
            + "ioctl(9, KVM_SET_ONE_REG, {id=0x603000000013df19, addr=[0x1]}) = 0"),
        finding => finding.Rule == "timer-swapped");

    [Theory]
    [InlineData(5, 100, 200, false, "")]
    [InlineData(1, 100, 200, false, "timer-swapped")]
    [InlineData(1, 200, 100, true, "timer-line")]
    [InlineData(5, 100, 200, true, "")]
    public void The_timers_of_a_snapshot_are_checked_with_its_GIC(ulong control, ulong compare, ulong count, bool line, string expected)
    {
        var gic = new GicV3(new GicV3Options());
        gic.SetLine(27, 0, line);
        GicSnapshot snapshot = GicSnapshot.Of(gic) with
        {
            Timers = [new TimerRegisters { VirtualControl = control, VirtualCompareValue = compare, VirtualCount = count }],
        };
        Assert.Equal(expected, string.Join("; ", SnapshotLinter.Lint(snapshot).Select(finding => finding.Rule)));
    }

    [Fact]
    public void An_active_interrupt_of_a_snapshot_has_its_priority()
    {
        var gic = new GicV3(new GicV3Options());
        gic.WriteRegister(0, GicFrame.Distributor, 0x304, 4, 1);
        Assert.Equal("active-without-priority", Assert.Single(SnapshotLinter.Lint(GicSnapshot.Of(gic))).Rule);
    }

    [Theory]
    [InlineData("", "line 1: the trace has no ioctl")]
    [InlineData("ioctl(9, KVM_RUN", "line 1: expected ioctl(FD, REQUEST, ARGUMENT) = RESULT")]
    [InlineData("ioctl(9, KVM_RUN, 0) = ?", "line 1: expected ioctl(FD, REQUEST, ARGUMENT) = RESULT")]
    [InlineData(
        "ioctl(11, KVM_SET_DEVICE_ATTR, 0x7fff1289d160) = 0",
        "line 1: KVM_SET_DEVICE_ATTR shows an address, not what is there, and so do all: nothing can be checked; record with tools/kvm-trace")]
    [InlineData("\0\u0001", "line 1: not text of a trace")]
    public void What_is_no_trace_is_refused_at_its_place(string text, string expected)
    {
        Assert.False(IoctlTrace.TryParse(text, out _, out string problem));
        Assert.Equal(expected, problem);
    }

    [Fact]
    public void A_recorded_run_of_real_KVM_is_clean() => Assert.Empty(Replay(Golden()));

    [Fact]
    public void A_level_that_user_space_was_not_told_is_found()
    {
        string[] kept = [.. Golden().Split('\n').Where(line => !line.Contains("kvm_userspace_exit: reason restart"))];
        Assert.Contains(Replay(string.Join('\n', kept)), finding => finding.Rule == "published");
    }

    [Fact]
    public void A_level_kept_after_the_timer_fell_is_found() => Assert.Contains(
        Replay(string.Join('\n', Golden().Split('\n').Where(line => !line.Contains("IRQ 27, level 0")))),
        finding => finding.Rule == "stale-level");

    [Fact]
    public void Text_without_events_is_refused()
    {
        Assert.False(FtraceReplay.TryReplay("nothing\nhere", out _, out string problem));
        Assert.Equal("line 2: the trace has no event of KVM", problem);
    }

    [Fact]
    public void No_damage_makes_a_parser_throw()
    {
        string trace = Setup + Golden();
        Gen<string> damaged =
            from at in Gen.Choose(0, trace.Length - 1)
            from length in Gen.Choose(0, 60)
            from with in ArbMap.Default.GeneratorFor<string>()
            select trace[..at] + with + trace[Math.Min(trace.Length, at + length)..];
        Prop.ForAll(damaged.ToArbitrary(), text =>
        {
            if (IoctlTrace.TryParse(text, out IReadOnlyList<TracedCall>? calls, out _))
            {
                RestoreLinter.Lint(calls);
            }

            FtraceReplay.TryReplay(text, out _, out _);
        }).QuickCheckThrowOnFailure();
    }

    private static IReadOnlyList<LintFinding> Lint(string text)
    {
        Assert.True(IoctlTrace.TryParse(text, out IReadOnlyList<TracedCall>? calls, out string problem), problem);
        return RestoreLinter.Lint(calls);
    }

    private static IReadOnlyList<LintFinding> Replay(string text)
    {
        Assert.True(FtraceReplay.TryReplay(text, out IReadOnlyList<LintFinding> findings, out string problem), problem);
        return findings;
    }

    private static string Golden([CallerFilePath] string here = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "Golden", "user-gic.ftrace"));
}
