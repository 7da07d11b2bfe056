using Orrery.Simulation;
using Orrery.TimeTravel.Tests.Support;
using Xunit;
using static Orrery.TimeTravel.TimeTravelOperation;

namespace Orrery.TimeTravel.Tests;

/// <summary>Turns at a calendar, byte by byte (um_timetravel, "Life of a guest" and "Message traces").</summary>
public class CalendarTests
{
    private static CalendarOptions Messages => new() { AdmitsUnknown = true, Memory = MemoryMode.Off, StartEpochNanoseconds = 1000 };

    [Fact]
    public void A_guest_boots_and_takes_turns_in_messages()
    {
        using var bench = new CalendarBench(Messages);
        bench.Raw(guest => guest
            .Start(7)
            .Ask(GetTimeOfDay)
            .Ask(Request, 10_000_000)
            .Ask(Request, 256)
            .Ask(Wait) // answered with the grant, in one write
            .Expect(FreeUntil, 100_000_000)
            .Expect(Run, 256)
            .Ask(Update, 500)
            .Ask(Get)
            .Ask(Request, 10_000_000)
            .Ask(Wait)
            .Expect(FreeUntil, 100_000_000)
            .Expect(Run, 10_000_000));
        bench.RunUnannounced(1);
        bench.Join();
        Assert.Empty(bench.Faults);
        Assert.Single(bench.Left);
        Assert.Equal(7ul, bench.Left[0].Participant.Id);
        Assert.Equal(2ul, bench.Left[0].Participant.TurnCount);
    }

    [Fact]
    public void The_refusal_comes_with_two_descriptors_of_which_the_memory_is_no_memory()
    {
        using var bench = new CalendarBench(Messages);
        bench.Raw(guest =>
        {
            guest.Start(1);
            Assert.Equal(2, guest.Descriptors.Length);
            Assert.True(guest.Descriptors[0].Length >= 4096);
            Assert.Null(AttachedMemory.TryAttach(guest.Descriptors[0], 1));
        });
        bench.RunUnannounced(1);
        bench.Join();
    }

    [Fact]
    public void Times_are_answered_in_the_participants_own_time_and_the_wall_clock_is_not()
    {
        using var bench = new CalendarBench(Messages);
        Origin origin = bench.Simulator.AddOrigin("late");
        bench.Calendar.Expect(3, origin, SimTime.FromSeconds(5));
        bench.Raw(guest =>
        {
            Assert.Equal(0ul, guest.Start(3).Ask(Get).Answer);
            Assert.Equal(5_000_001_000ul, guest.Ask(GetTimeOfDay).Answer);
            guest.Ask(Request, 300).Ask(Wait).Expect(FreeUntil, 100_000_000).Expect(Run, 300);
            Assert.Equal(300ul, guest.Ask(Get).Answer);
            Assert.Equal(5_000_001_300ul, guest.Ask(GetTimeOfDay).Answer);
        });
        bench.Run();
        bench.Join();
        Assert.Empty(bench.Faults);
        Assert.Equal(SimTime.FromSeconds(5), bench.Admitted[0].AdmittedAt);
    }

    [Fact]
    public void Participants_are_admitted_in_the_order_of_their_identifications_one_after_the_other()
    {
        using var bench = new CalendarBench(Messages);
        var order = new List<ulong>();
        foreach (ulong id in new ulong[] { 30, TimeTravelMessage.NoId, 10, 20 })
        {
            bench.Raw(guest =>
            {
                guest.Start(id);
                lock (order)
                {
                    order.Add(id);
                }

                guest.Ask(Request, 5).Send(Wait);
            });
        }

        bench.RunUnannounced(4);
        bench.Join();
        Assert.Equal([TimeTravelMessage.NoId, 10ul, 20ul, 30ul], order);
    }

    [Fact]
    public void A_request_lowers_the_limit_of_whoever_runs_before_it_is_acknowledged()
    {
        using var bench = new CalendarBench(Messages);
        using var ready = new SemaphoreSlim(0);
        using var asked = new SemaphoreSlim(0);
        bench.Raw(guest =>
        {
            guest.Start(1).Ask(Request, 1000).Send(Wait).ExpectAnswer()
                .Expect(FreeUntil, 100_000_000).Expect(Run, 1000).Ask(Update, 2000);
            ready.Release(); // the kick: now the device asks
            guest.Expect(FreeUntil, 2500, acknowledge: false);
            Assert.False(asked.Wait(0));
            guest.SendRaw(new TimeTravelMessage(Acknowledge, 3, 0));
            asked.Wait();
            guest.Ask(Request, 5000).Ask(Wait).Expect(FreeUntil, 100_000_000).Expect(Run, 5000);
        });
        bench.Raw(device =>
        {
            device.Start(2).Ask(Wait);
            ready.Wait();
            Assert.Equal(2000ul, device.Ask(Get).Answer);
            device.Ask(Request, 2500);
            asked.Release();
            device.Expect(FreeUntil, 5000).Expect(Run, 2500);
        });
        bench.RunUnannounced(2);
        bench.Join();
        Assert.Empty(bench.Faults);
    }

    [Fact]
    public void A_participant_that_asks_for_the_same_instant_again_goes_again()
    {
        using var bench = new CalendarBench(Messages);
        bench.Raw(guest => guest
            .Start(1).Ask(Request, 10).Ask(Wait).Expect(FreeUntil, 100_000_000).Expect(Run, 10)
            .Ask(Request, 10).Ask(Wait).Expect(FreeUntil, 100_000_000).Expect(Run, 10));
        bench.RunUnannounced(1);
        bench.Join();
        Assert.Empty(bench.Faults);
    }

    [Fact]
    public void A_request_to_idle_is_never_granted_and_ends_the_run()
    {
        using var bench = new CalendarBench(Messages);
        using var over = new SemaphoreSlim(0);
        bench.Raw(guest =>
        {
            guest.Start(1).Ask(Request, long.MaxValue).Send(Wait);
            over.Wait();
        });
        Assert.Equal(RunOutcome.Idle, bench.RunUnannounced(1).Outcome);
        Assert.Equal(ParticipantState.Waiting, bench.Calendar.Participants[0].State);
        over.Release();
        bench.Join();
    }

    [Fact]
    public void A_late_participant_is_admitted_at_the_end_of_the_epoch()
    {
        using var bench = new CalendarBench(Messages);
        using var started = new SemaphoreSlim(0);
        bench.Raw(guest =>
        {
            guest.Start(1).Ask(Request, 10).Ask(Wait).Expect(FreeUntil, 100_000_000).Expect(Run, 10);
            bench.Raw(late =>
            {
                late.Send(Start, 2);
                started.Release();
                late.ExpectAnswer().Ask(Request, 1).Ask(Wait).Expect(FreeUntil, 100_000_000).Expect(Run, 1);
            });
            started.Wait();
            guest.Ask(Request, 300_000_000).Ask(Wait).Expect(FreeUntil, 400_000_000).Expect(Run, 300_000_000);
        });
        bench.RunUnannounced(1);
        bench.Join();
        Assert.Empty(bench.Faults);
        Assert.Equal(SimTime.FromMilliseconds(100), bench.Admitted[1].AdmittedAt);
    }

    [Fact]
    public void A_broadcast_reaches_everybody_else_before_it_is_acknowledged()
    {
        using var bench = new CalendarBench(Messages);
        bench.Raw(sender => sender
            .Start(1).Ask(Request, 7).Ask(Wait).Expect(FreeUntil, 100_000_000).Expect(Run, 7).Ask(Broadcast, 42));
        bench.Raw(other => other.Start(2).Ask(Wait).Expect(Broadcast, 42));
        bench.Raw(third => third.Start(3).Ask(Wait).Expect(Broadcast, 42));
        bench.RunUnannounced(3);
        bench.Join();
        Assert.Empty(bench.Faults);
        Assert.Equal([42ul], bench.Broadcasts);
    }
}
