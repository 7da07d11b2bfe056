using Orrery.Machines.Interrupts;
using Orrery.Simulation;

namespace Orrery.Machines.Tests.Interrupts;

public class InterruptPathTests
{
    [Theory]
    [InlineData(MachineChip.GicV2)]
    [InlineData(MachineChip.GicV3)]
    public void A_handler_runs_when_its_event_is_due(MachineChip chip)
    {
        var bench = new MachineBench(chip);
        bench.At(1000, () => bench.Deliver(1));
        bench.At(2000, () => bench.Deliver(2));
        bench.Run();
        Assert.Equal([(1u, SimTime.FromNanoseconds(1000)), (2u, SimTime.FromNanoseconds(2000))], bench.Program.Datagrams);
        Assert.Empty(bench.Faults);
    }

    [Fact]
    public void A_latency_lies_between_pending_and_handler()
    {
        var bench = new MachineBench(latency: SimDuration.FromNanoseconds(300));
        bench.At(1000, () => bench.Deliver(1));
        bench.Run();
        Assert.Equal(SimTime.FromNanoseconds(1300), Assert.Single(bench.Program.Datagrams).Time);
        Assert.Equal(SimTime.FromNanoseconds(1000), bench.Machine.Cards[0].Line.RaisedAt);
    }

    [Fact]
    public void Each_line_has_its_own_latency()
    {
        var bench = new MachineBench(latency: SimDuration.FromNanoseconds(300));
        bench.At(1000, () => bench.Deliver(1));
        bench.At(1100, () => bench.Machine.Serial.Receive("a"u8, bench.Timeline.Now));
        bench.At(1200, () => bench.Deliver(2)); // its line is pending already
        bench.Run();
        Assert.Equal([(1u, SimTime.FromNanoseconds(1300)), (2u, SimTime.FromNanoseconds(1300))], bench.Program.Datagrams);
        Assert.Equal(((byte)'a', SimTime.FromNanoseconds(1400)), Assert.Single(bench.Program.Typed));
        Assert.Empty(bench.Faults);
    }

    [Fact]
    public void What_is_unmasked_before_its_latency_waits_for_it()
    {
        var bench = new MachineBench(latency: SimDuration.FromNanoseconds(300));
        bench.InTurnAt(500, bench.Machine.Interrupts.Mask);
        bench.At(1000, () => bench.Deliver(1));
        bench.InTurnAt(1200, bench.Machine.Interrupts.Unmask);
        bench.Run();
        Assert.Equal(SimTime.FromNanoseconds(1300), Assert.Single(bench.Program.Datagrams).Time);
        Assert.Empty(bench.Faults);
    }

    [Fact]
    public void Frames_of_one_instant_cost_one_interrupt()
    {
        var bench = new MachineBench();
        bench.At(1000, () => bench.Deliver(1));
        bench.At(1000, () => bench.Deliver(2));
        bench.Run();
        Assert.Equal(2, bench.Program.Datagrams.Count);
        Assert.Equal(1u, bench.Machine.Cards[0].Line.HandledCount);
    }

    [Fact]
    public void While_the_CPU_masks_interrupts_they_stay_pending_at_the_chip()
    {
        var bench = new MachineBench();
        bench.InTurnAt(500, bench.Machine.Interrupts.Mask);
        bench.At(1000, () => bench.Deliver(1));
        bench.InTurnAt(1500, bench.Machine.Interrupts.Unmask);
        bench.Run();
        Assert.Equal(SimTime.FromNanoseconds(1500), Assert.Single(bench.Program.Datagrams).Time);
    }

    [Fact]
    public void A_handler_outside_the_turn_is_caught()
    {
        var bench = new MachineBench();
        // A device that calls straight into the chip, past the calendar.
        bench.At(1000, () => bench.Machine.Serial.Line.Raise());
        bench.Run();
        Assert.Contains("outside the machine's turn", Assert.Single(bench.Faults), StringComparison.Ordinal);
        Assert.Equal(MachinePower.Off, bench.Machine.Power);
    }

    [Fact]
    public void A_handler_before_its_latency_is_caught()
    {
        var bench = new MachineBench(latency: SimDuration.FromNanoseconds(300));
        // A device that calls straight into the chip while another's interrupt is handled.
        bench.Program.Reaction = () => bench.Machine.Serial.Line.Raise();
        bench.At(1000, () => bench.Deliver(1));
        bench.Run();
        Assert.Contains("due at", Assert.Single(bench.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Asleep_a_line_that_may_not_wake_is_acknowledged_and_handled_at_the_resume()
    {
        var bench = new MachineBench();
        int acknowledged = 0;
        bench.InTurnAt(500, () => bench.Machine.Sleep(SimDuration.FromNanoseconds(1500)));
        bench.At(1000, () => acknowledged = bench.Machine.Serial.Receive("ab"u8, bench.Timeline.Now));
        bench.At(1001, () => Assert.Equal((2, 0), (acknowledged, bench.Program.Typed.Count)));
        bench.Run();
        Assert.Equal([((byte)'a', SimTime.FromNanoseconds(2000)), ((byte)'b', SimTime.FromNanoseconds(2000))], bench.Program.Typed);
    }

    [Fact]
    public void Asleep_a_line_that_may_wake_does()
    {
        var bench = new MachineBench();
        bench.Machine.Serial.Line.Wakes = true;
        bench.InTurnAt(500, () => bench.Machine.Sleep());
        bench.At(1000, () => bench.Machine.Serial.Receive("a"u8, bench.Timeline.Now));
        bench.Run();
        Assert.Equal(SimTime.FromNanoseconds(1000), Assert.Single(bench.Program.Typed).Time);
        Assert.Equal(MachinePower.On, bench.Machine.Power);
    }

    [Fact]
    public void Asleep_a_change_of_configuration_wakes_when_it_may_and_the_rings_are_as_before()
    {
        var bench = new MachineBench();
        bench.At(400, () => Assert.True(bench.Deliver(1)));
        bench.InTurnAt(500, () =>
        {
            bench.Machine.Cards[0].Line.Wakes = true;
            bench.Machine.Sleep();
        });
        bench.At(800, () => Assert.False(bench.Deliver(2))); // its ring is disabled
        bench.At(1000, () => bench.Card.SetLink(false));
        bench.At(1000, () => bench.Card.SetLink(true));
        bench.At(1500, () => Assert.True(bench.Deliver(3)));
        bench.Run();
        Assert.Equal([1u, 3u], bench.Program.Datagrams.Select(datagram => datagram.Number));
        Assert.Equal(MachinePower.On, bench.Machine.Power);
    }

    [Fact]
    public void A_handler_that_puts_the_machine_to_sleep_again_leaves_its_cards_suspended()
    {
        var bench = new MachineBench();
        bench.InTurnAt(500, () => bench.Machine.Sleep(SimDuration.FromNanoseconds(500)));
        bench.At(800, () => bench.Machine.Serial.Receive("a"u8, bench.Timeline.Now));
        bench.Program.ReactionToTyping = () => bench.Machine.Sleep(SimDuration.FromNanoseconds(1000));
        bench.At(1500, () => Assert.True(bench.Machine.Cards[0].Transport.IsSuspended));
        bench.Run();
        Assert.Equal(((byte)'a', SimTime.FromNanoseconds(1000)), Assert.Single(bench.Program.Typed));
        Assert.Equal((MachinePower.On, false), (bench.Machine.Power, bench.Machine.Cards[0].Transport.IsSuspended));
    }

    [Fact]
    public void Asleep_the_machines_own_timers_wait_for_the_resume()
    {
        var bench = new MachineBench();
        SimTime rang = default;
        bench.InTurnAt(500, () => bench.Machine.Sleep(SimDuration.FromNanoseconds(1000)));
        bench.InTurnAt(700, () => rang = bench.Timeline.Now);
        bench.Run();
        Assert.Equal(SimTime.FromNanoseconds(1500), rang);
    }
}
