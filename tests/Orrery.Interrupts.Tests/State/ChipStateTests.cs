using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.V2;
using Orrery.Interrupts.Gic.V3;
using Orrery.Interrupts.State;
using Orrery.Interrupts.State.Kernel;
using Xunit;

namespace Orrery.Interrupts.Tests.State;

/// <summary>The state of interrupts through one interface, on any chip and through stacks of chips.</summary>
public class ChipStateTests
{
    private const uint Ppi = 27, Spi = 40;

    public static TheoryData<bool> Kinds => [false, true];

    private static GicController New(bool v3, int cpus = 2) => v3
        ? new GicV3(new GicV3Options { CpuCount = cpus, IntidCount = 64 })
        : new GicV2(new GicV2Options { CpuCount = cpus, IntidCount = 64 });

    private static bool? Get(GicController chip, uint intid, ChipState which, int cpu = 0) =>
        chip.GetState(InterruptRef.OnCpu(intid, cpu), which).Value;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_selector_is_set_and_read_back_and_leaves_the_others_alone(bool v3)
    {
        GicController gic = New(v3);
        foreach (ChipState which in (ChipState[])[ChipState.Pending, ChipState.Active, ChipState.Masked])
        {
            foreach (bool value in (bool[])[true, true, false, false])
            {
                bool?[] before = [.. Enum.GetValues<ChipState>().Where(s => s != which).Select(s => Get(gic, Spi, s))];
                Assert.Equal(ChipError.None, gic.SetState(InterruptRef.Shared(Spi), which, value));
                Assert.Equal(value, Get(gic, Spi, which));
                Assert.Equal(before, Enum.GetValues<ChipState>().Where(s => s != which).Select(s => Get(gic, Spi, s)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    [Scenario("X10")]
    public void Clearing_pending_cannot_lower_a_line(bool v3)
    {
        GicController gic = New(v3);
        gic.SetLine(Ppi, 0, true);
        Assert.Equal(ChipError.None, gic.SetState(InterruptRef.OnCpu(Ppi, 0), ChipState.Pending, false));
        Assert.True(Get(gic, Ppi, ChipState.Pending));
        Assert.True(Get(gic, Ppi, ChipState.LineLevel));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    [Scenario("X08")]
    public void Two_readings_are_two_instants_and_do_not_show_that_an_interrupt_was_idle(bool v3)
    {
        GicController gic = New(v3);
        InterruptRef spi = InterruptRef.Shared(Spi);

        // Active first, then pending, with an acknowledgement between: never idle, and yet (0, 0).
        gic.SetState(spi, ChipState.Pending, true);
        Assert.False(Get(gic, Spi, ChipState.Active));
        gic.SetState(spi, ChipState.Active, true);
        gic.SetState(spi, ChipState.Pending, false);
        Assert.False(Get(gic, Spi, ChipState.Pending));

        // Pending first, then active, with an edge and the end of the handler between: the same.
        Assert.False(Get(gic, Spi, ChipState.Pending));
        gic.SetState(spi, ChipState.Pending, true);
        gic.SetState(spi, ChipState.Active, false);
        Assert.False(Get(gic, Spi, ChipState.Active));

        // One look at the chip has no such gap.
        InterruptView view = gic.Inspect(spi)!.Value;
        Assert.True(view is { Pending: true, Active: false });
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    [Scenario("X09")]
    public void A_private_interrupt_is_named_with_its_CPU_so_that_no_other_bank_is_changed(bool v3)
    {
        GicController gic = New(v3);
        Assert.Equal(ChipError.None, gic.SetState(InterruptRef.OnCpu(Ppi, 1), ChipState.Active, true));
        Assert.False(Get(gic, Ppi, ChipState.Active, cpu: 0));
        Assert.True(Get(gic, Ppi, ChipState.Active, cpu: 1));

        // Without a CPU, or with one that is not there, there is no bank to change.
        Assert.Equal(ChipError.NoSuchCpu, gic.SetState(InterruptRef.Shared(Ppi), ChipState.Active, true));
        Assert.Equal(ChipError.NoSuchCpu, gic.GetState(InterruptRef.OnCpu(Ppi, 2), ChipState.Active).Error);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Numbers_and_selectors_that_are_not_there_are_errors(bool v3)
    {
        GicController gic = New(v3);
        Assert.Equal(ChipError.NoSuchInterrupt, gic.GetState(InterruptRef.Shared(64), ChipState.Pending).Error);
        Assert.Equal(ChipError.NoSuchInterrupt, gic.SetState(InterruptRef.Shared(8192), ChipState.Pending, true));
        Assert.Equal(ChipError.Unsupported, gic.SetState(InterruptRef.Shared(Spi), ChipState.LineLevel, true));
        Assert.Equal(ChipError.Unsupported, gic.GetState(InterruptRef.Shared(Spi), (ChipState)4).Error);
        Assert.Equal(ChipError.Unsupported, gic.SetState(InterruptRef.Shared(Spi), (ChipState)200, true));
    }

    [Fact]
    public void An_SGI_of_a_GICv2_cannot_be_made_pending_without_a_source()
    {
        GicController gic = New(v3: false);
        Assert.Equal(ChipError.Unsupported, gic.SetState(InterruptRef.OnCpu(3, 0), ChipState.Pending, true));
        Assert.Equal(ChipError.None, New(v3: true).SetState(InterruptRef.OnCpu(3, 0), ChipState.Pending, true));
    }

    [Fact]
    public void Setting_active_leaves_the_running_priority_alone()
    {
        var gic = (GicV3)New(v3: true);
        gic.SetState(InterruptRef.Shared(Spi), ChipState.Active, true);
        Assert.Equal(0xFFul, gic.ReadSystemRegister(0, IccRegister.RunningPriority).Value);
    }

    [Fact]
    public void A_stack_asks_the_first_chip_that_answers_and_each_call_finds_its_own()
    {
        GicController gic = New(v3: true);
        var expander = new FakeChip(readable: ChipStates.LineLevel, writable: ChipStates.None);
        var stack = new ChipStack(new(expander, InterruptRef.Shared(3)), new(gic, InterruptRef.Shared(Spi)));
        Assert.Equal(ChipError.None, stack.Set(ChipState.Pending, true));
        Assert.True(Get(gic, Spi, ChipState.Pending));
        Assert.Equal(ChipError.Unsupported, stack.Get(ChipState.Pending).Error);
        Assert.True(stack.Get(ChipState.LineLevel).Value);
    }

    [Fact]
    public void A_stack_says_when_nobody_answers_and_when_a_level_has_no_chip()
    {
        var silent = new FakeChip(ChipStates.None, ChipStates.None);
        var stack = new ChipStack(new ChipLevel(silent, InterruptRef.Shared(1)));
        Assert.Equal(ChipError.NoProvider, stack.Get(ChipState.Pending).Error);
        Assert.Equal(-22, ChipError.NoProvider.ToErrno());
        var broken = new ChipStack(new(silent, InterruptRef.Shared(1)), new(null, InterruptRef.Shared(1)));
        Assert.Equal(ChipError.NoChip, broken.Set(ChipState.Pending, true));
        Assert.Equal(-19, ChipError.NoChip.ToErrno());
    }

    [Fact]
    [Scenario("X11")]
    public void The_kernels_parent_helper_returns_0_and_writes_nothing_where_the_typed_call_is_an_error()
    {
        var silent = new FakeChip(ChipStates.None, ChipStates.None);
        KernelLevel[] levels =
        [
            new(silent, InterruptRef.Shared(1), KernelCallback.Parent, KernelCallback.Parent),
            new(silent, InterruptRef.Shared(1), KernelCallback.Missing, KernelCallback.Missing),
        ];
        KernelReading reading = KernelStateCalls.Get(levels, ChipState.Pending);
        Assert.True(reading.IsUnwrittenSuccess);
        Assert.Equal(0, KernelStateCalls.Set(levels, ChipState.Pending, true));

        var typed = new ChipStack(new(silent, InterruptRef.Shared(1)), new(silent, InterruptRef.Shared(1)));
        Assert.Equal(ChipError.NoProvider, typed.Get(ChipState.Pending).Error);
        Assert.Equal(ChipError.NoProvider, typed.Set(ChipState.Pending, true));
    }

    [Fact]
    public void The_kernels_calls_agree_with_the_typed_ones_elsewhere()
    {
        GicController gic = New(v3: true);
        var silent = new FakeChip(ChipStates.None, ChipStates.None);
        KernelLevel[] levels =
        [
            new(silent, InterruptRef.Shared(1), KernelCallback.Parent, KernelCallback.Missing),
            new(gic, InterruptRef.Shared(Spi), KernelCallback.Own, KernelCallback.Own),
        ];
        Assert.Equal(0, KernelStateCalls.Set(levels, ChipState.Active, true));
        Assert.Equal(new KernelReading(0, true), KernelStateCalls.Get(levels, ChipState.Active));
        Assert.Equal(-22, KernelStateCalls.Get(levels, (ChipState)9).Errno);
        Assert.Equal(-22, KernelStateCalls.Set([new(silent, default, KernelCallback.Missing, KernelCallback.Missing)], ChipState.Active, true));
        Assert.Equal(-19, KernelStateCalls.Get([new(null, default, KernelCallback.Own, KernelCallback.Own)], ChipState.Active).Errno);
    }

    [Fact]
    public void The_tables_of_kernel_chips_agree_with_the_models()
    {
        KernelChip gic = KernelChip.All.Single(c => c.Name == "GICv3");
        GicController model = New(v3: true);
        Assert.Equal(model.Readable & ~ChipStates.LineLevel, gic.Get);
        Assert.Equal(model.Writable, gic.Set);
        KernelChip shim = KernelChip.All.Single(c => c.Name == "KVM timer shim");
        Assert.Equal(new ForwardingMaskChip(model).Readable, shim.Get);
        Assert.True(new ForwardingMaskChip(model).Writable.Includes(ChipState.Active));
    }

    [Fact]
    [Scenario("X12")]
    public void The_shim_plays_active_by_the_mask_while_an_interrupt_is_forwarded()
    {
        GicController gic = New(v3: true);
        var shim = new ForwardingMaskChip(gic);
        var ppi = InterruptRef.OnCpu(Ppi, 0);
        gic.SetState(ppi, ChipState.Masked, false);
        shim.SetForwarded(ppi, true);
        shim.SetState(ppi, ChipState.Active, true);
        Assert.True(Get(gic, Ppi, ChipState.Masked));
        Assert.False(Get(gic, Ppi, ChipState.Active));
        shim.SetState(ppi, ChipState.Active, false);
        Assert.False(Get(gic, Ppi, ChipState.Masked));
        shim.SetForwarded(ppi, false);
        shim.SetState(ppi, ChipState.Active, true);
        Assert.True(Get(gic, Ppi, ChipState.Active));
    }

    /// <summary>A chip that answers every question it has a callback for with "yes".</summary>
    private sealed class FakeChip(ChipStates readable, ChipStates writable) : IInterruptChip
    {
        public string Name => "fake";

        public ChipStates Readable => readable;

        public ChipStates Writable => writable;

        public StateReading GetState(InterruptRef interrupt, ChipState which) =>
            readable.Includes(which) ? StateReading.Of(true) : StateReading.Failed(ChipError.Unsupported);

        public ChipError SetState(InterruptRef interrupt, ChipState which, bool value) =>
            writable.Includes(which) ? ChipError.None : ChipError.Unsupported;
    }
}
