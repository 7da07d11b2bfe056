using Orrery.Interrupts.Gic;
using Xunit;

namespace Orrery.Interrupts.Tests.Gic;

/// <summary>What both GICs share: levels and edges, priorities, preemption, both EOI modes.</summary>
public abstract class DeliveryTests
{
    private const uint Spi = 40;

    private protected abstract Machine New(int cpus = 1);

    private Machine Level()
    {
        Machine machine = New();
        machine.Configure(Spi, edge: false);
        machine.Enable(Spi);
        return machine;
    }

    private Machine Edge()
    {
        Machine machine = New();
        machine.Configure(Spi, edge: true);
        machine.Enable(Spi);
        return machine;
    }

    [Fact]
    [Scenario("G15")]
    public void A_level_that_falls_before_EOI_fires_once()
    {
        Machine machine = Level();
        machine.Line(Spi, true);
        Assert.Equal(Spi, machine.Acknowledge());
        machine.Line(Spi, false);
        machine.End(Spi);
        Assert.False(machine.Irq());
        Assert.Equal(Intid.Spurious, machine.Acknowledge());
    }

    [Fact]
    [Scenario("G16")]
    public void A_level_that_stays_high_through_EOI_fires_again()
    {
        Machine machine = Level();
        machine.Line(Spi, true);
        Assert.Equal(Spi, machine.Acknowledge());
        Assert.False(machine.Irq());
        machine.End(Spi);
        Assert.True(machine.Irq());
        Assert.Equal(Spi, machine.Acknowledge());
    }

    [Fact]
    [Scenario("G17")]
    public void A_second_edge_while_active_fires_once_more_after_deactivation()
    {
        Machine machine = Edge();
        machine.Pulse(Spi);
        Assert.Equal(Spi, machine.Acknowledge());
        machine.Pulse(Spi);
        machine.Pulse(Spi);
        Assert.False(machine.Irq());
        machine.End(Spi);
        Assert.Equal(Spi, machine.Acknowledge());
        machine.End(Spi);
        Assert.Equal(Intid.Spurious, machine.Acknowledge());
    }

    [Fact]
    [Scenario("R19")]
    public void A_line_that_falls_before_IAR_is_read_leaves_1023_and_nothing_active()
    {
        Machine machine = Level();
        machine.Line(Spi, true);
        Assert.True(machine.Irq());
        machine.Line(Spi, false);
        Assert.Equal(Intid.Spurious, machine.Acknowledge());
        Assert.False(machine.IsActive(Spi));
        Assert.Equal(0u, machine.ActivePriorities());
    }

    [Fact]
    [Scenario("G10")]
    public void A_priority_equal_to_the_mask_is_masked()
    {
        Machine machine = Level();
        machine.SetPriority(Spi, 0x80);
        machine.SetMask(0x80);
        machine.Line(Spi, true);
        Assert.False(machine.Irq());
        Assert.Equal(Intid.Spurious, machine.Acknowledge());
        machine.SetMask(0x88);
        Assert.True(machine.Irq());
        Assert.Equal(Spi, machine.Acknowledge());
    }

    [Fact]
    [Scenario("G11")]
    public void Binary_point_7_lets_nothing_preempt()
    {
        Machine machine = New();
        // Group 1 of a GICv3 still has one group priority bit at BPR1=7: both priorities below lie in its lower half.
        machine.SetBinaryPoint(7);
        machine.SetPriority(33, 0x60);
        machine.SetPriority(34, 0x00);
        machine.Enable(33);
        machine.Enable(34);
        machine.Pulse(33);
        Assert.Equal(33u, machine.Acknowledge());
        machine.Pulse(34);
        Assert.False(machine.Irq());
        machine.End(33);
        Assert.Equal(34u, machine.Acknowledge());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Scenario("V04")]
    public void Four_nested_priorities_preempt_and_unwind_in_reverse(bool split)
    {
        Machine machine = New();
        machine.SplitEoi(split);
        uint[] intids = [33, 34, 35, 36];
        for (int i = 0; i < intids.Length; i++)
        {
            machine.SetPriority(intids[i], (byte)(0x80 - 0x20 * i));
            machine.Enable(intids[i]);
            machine.Pulse(intids[i]);
            Assert.Equal(intids[i], machine.Acknowledge());
            Assert.Equal((uint)(0x80 - 0x20 * i), machine.RunningPriority());
        }

        foreach (uint intid in intids.Reverse())
        {
            machine.Finish(intid, split);
            Assert.False(machine.IsActive(intid));
        }

        Assert.Equal(0u, machine.ActivePriorities());
        Assert.Equal(0xFFu, machine.RunningPriority());
    }

    [Fact]
    [Scenario("R25")]
    public void In_EOImode_1_a_high_level_stays_active_until_DIR()
    {
        Machine machine = Level();
        machine.SplitEoi(true);
        machine.Line(Spi, true);
        Assert.Equal(Spi, machine.Acknowledge());
        machine.End(Spi);
        Assert.Equal(0xFFu, machine.RunningPriority());
        Assert.True(machine.IsActive(Spi));
        Assert.False(machine.Irq());
        machine.Deactivate(Spi);
        Assert.True(machine.Irq());
    }

    [Fact]
    [Scenario("G12")]
    public void EOIR_of_a_special_INTID_is_ignored()
    {
        Machine machine = Level();
        machine.Line(Spi, true);
        machine.Acknowledge();
        foreach (uint special in (uint[])[1020, 1021, 1022, 1023])
        {
            machine.End(special);
        }

        Assert.True(machine.IsActive(Spi));
        Assert.Equal(0u, machine.RunningPriority());
    }

    [Fact]
    [Scenario("G14")]
    public void An_SPI_retargeted_while_pending_is_delivered_on_the_new_CPU_only()
    {
        Machine machine = New(cpus: 2);
        machine.Enable(Spi);
        machine.Pulse(Spi);
        Assert.True(machine.Irq(0));
        machine.Route(Spi, 1);
        Assert.False(machine.Irq(0));
        Assert.Equal(Intid.Spurious, machine.Acknowledge(0));
        Assert.Equal(Spi, machine.Acknowledge(1));
    }

    [Fact]
    [Scenario("G13")]
    public void An_SPI_active_on_one_CPU_is_deactivated_by_DIR_on_another()
    {
        Machine machine = New(cpus: 2);
        machine.SplitEoi(true, cpu: 0);
        machine.SplitEoi(true, cpu: 1);
        machine.Enable(Spi);
        machine.Pulse(Spi);
        Assert.Equal(Spi, machine.Acknowledge(0));
        machine.End(Spi, 0);
        machine.Deactivate(Spi, 1);
        Assert.False(machine.IsActive(Spi));
    }

    [Fact]
    [Scenario("R38")]
    public void What_is_pending_while_the_distributor_is_off_is_delivered_when_it_is_on()
    {
        Machine machine = New();
        machine.EnableDistributor(false);
        machine.Enable(Machine.Ppi);
        machine.Line(Machine.Ppi, true);
        Assert.False(machine.Irq());
        Assert.True(machine.IsPending(Machine.Ppi));
        machine.EnableDistributor(true);
        Assert.Equal(Machine.Ppi, machine.Acknowledge());
    }

    [Fact]
    [Scenario("R23")]
    public void Lowering_the_mask_lets_a_waiting_PPI_through()
    {
        Machine machine = New();
        machine.SetPriority(Machine.Ppi, 0xA0);
        machine.SetMask(0xA0);
        machine.Enable(Machine.Ppi);
        machine.Line(Machine.Ppi, true);
        Assert.False(machine.Irq());
        machine.SetMask(0xF8);
        Assert.True(machine.Irq());
    }

    [Fact]
    [Scenario("R24")]
    public void A_more_urgent_SPI_preempts_an_active_PPI_which_is_not_delivered_twice()
    {
        Machine machine = New();
        machine.SetPriority(Machine.Ppi, 0xA0);
        machine.SetPriority(Spi, 0x20);
        machine.Enable(Machine.Ppi);
        machine.Enable(Spi);
        machine.Line(Machine.Ppi, true);
        Assert.Equal(Machine.Ppi, machine.Acknowledge());
        machine.Pulse(Spi);
        Assert.Equal(Spi, machine.Acknowledge());
        machine.End(Spi);
        Assert.False(machine.Irq());
        machine.End(Machine.Ppi);
        Assert.Equal(Machine.Ppi, machine.Acknowledge());
    }

    [Fact]
    [Scenario("G02")]
    public void ICACTIVER_ends_the_active_state_but_not_the_running_priority()
    {
        Machine machine = Level();
        machine.SetPriority(Spi, 0x40);
        machine.Line(Spi, true);
        uint acknowledged = machine.Acknowledge();
        machine.Line(Spi, false);
        machine.ClearActive(Spi);
        Assert.False(machine.IsActive(Spi));
        Assert.Equal(0x40u, machine.RunningPriority());
        Assert.False(machine.Irq());
        machine.End(acknowledged);
        Assert.Equal(0xFFu, machine.RunningPriority());
        Assert.Equal(Intid.Spurious, machine.Acknowledge());
    }

    [Fact]
    [Scenario("R17")]
    public void A_software_latch_is_retired_by_ICPENDR_and_a_high_line_is_not()
    {
        Machine machine = New();
        machine.Enable(Machine.Ppi);
        machine.SetPending(Machine.Ppi);
        Assert.True(machine.Irq());
        machine.ClearPending(Machine.Ppi);
        Assert.Equal(Intid.Spurious, machine.Acknowledge());
    }

    [Fact]
    [Scenario("R18")]
    public void ICPENDR_of_a_high_level_leaves_it_pending()
    {
        Machine machine = New();
        machine.Enable(Machine.Ppi);
        machine.Line(Machine.Ppi, true);
        machine.ClearPending(Machine.Ppi);
        Assert.True(machine.IsPending(Machine.Ppi));
        Assert.Equal(Machine.Ppi, machine.Acknowledge());
    }

    [Fact]
    public void Priorities_keep_their_implemented_bits_only()
    {
        Machine machine = New();
        machine.SetPriority(Spi, 0xFF);
        Assert.Equal(0xF8, machine.View(Spi).Priority);
    }

    [Fact]
    public void Of_equal_priorities_the_lowest_INTID_is_first()
    {
        Machine machine = New();
        foreach (uint intid in (uint[])[50, 33, 70])
        {
            machine.Enable(intid);
            machine.Pulse(intid);
        }

        Assert.Equal(33u, machine.Acknowledge());
        machine.End(33);
        Assert.Equal(50u, machine.Acknowledge());
        machine.End(50);
        Assert.Equal(70u, machine.Acknowledge());
    }
}

public class GicV2DeliveryTests : DeliveryTests
{
    private protected override Machine New(int cpus = 1) => Machine.V2(cpus);
}

public class GicV3DeliveryTests : DeliveryTests
{
    private protected override Machine New(int cpus = 1) => Machine.V3(cpus);
}
