using System.Runtime.InteropServices;
using Orrery.Posix;
using Orrery.Simulation;
using Orrery.TimeTravel.Tests.Support;
using Xunit;
using static Orrery.TimeTravel.TimeTravelOperation;

namespace Orrery.TimeTravel.Tests;

/// <summary>
/// Participants that break the rules in the middle of a running calendar: the offender is dropped with a line, everybody else
/// goes on (um_timetravel, "usfstl calendar: reactions to bad input", row by row, and more).
/// </summary>
public class TrustTests
{
    private const int BystanderTurns = 100;
    private static readonly SimDuration Step = SimDuration.FromMilliseconds(1);

    // The offender has the turn at 5.5 ms; its limit is 6 ms, when a bystander wants its own.
    private const ulong Turn = 5_500_000;
    private const ulong Limit = 6_000_000;

    private static readonly Dictionary<string, (ParticipantRule? Rule, Action<RawClient> Script)> BeforeAdmission = new()
    {
        ["connects and closes"] = (null, _ => { }),
        ["sends a part of a message and closes"] = (ParticipantRule.WholeMessages, c => c.SendBytes([1, 0, 0, 0, 7])),
        ["says GET before START"] = (ParticipantRule.StartFirst, c => c.Send(Get).ExpectClosed()),
        ["says GET_TOD before START"] = (ParticipantRule.StartFirst, c => c.Send(GetTimeOfDay).ExpectClosed()),
        ["says REQUEST before START"] = (ParticipantRule.StartFirst, c => c.Send(Request, 5).ExpectClosed()),
        ["says WAIT before START"] = (ParticipantRule.StartFirst, c => c.Send(Wait).ExpectClosed()),
        ["says BROADCAST before START"] = (ParticipantRule.StartFirst, c => c.Send(Broadcast, 5).ExpectClosed()),
        ["acknowledges before START"] = (ParticipantRule.StartFirst, c => c.Send(Acknowledge, 5).ExpectClosed()),
        ["says START twice"] = (ParticipantRule.StartOnce, c => c.Send(Start, 5).Send(Start, 5).ExpectClosed()),
        ["says GET before its START is acknowledged"] = (ParticipantRule.StartFirst, c => c.Send(Start, 5).Send(Get).ExpectClosed()),
        ["sends text"] = (ParticipantRule.StartFirst, c => c.SendBytes("GET / HTTP/1.1\r\n"u8).ExpectClosed()),
    };

    private static readonly Dictionary<string, (ParticipantRule? Rule, Action<RawClient> Script)> WithTheTurn = new()
    {
        ["closes"] = (null, _ => { }),
        ["sends a part of a message and closes"] = (ParticipantRule.WholeMessages, c => c.SendBytes([1, 0, 0])),
        ["says START again"] = (ParticipantRule.StartOnce, c => c.Send(Start, 9).ExpectClosed()),
        ["acknowledges what nobody sent"] = (
            ParticipantRule.AcknowledgesWhatWasSent, c => c.SendRaw(new TimeTravelMessage(Acknowledge, 999, 0)).ExpectClosed()),
        ["moves to its limit"] = (ParticipantRule.StaysWithinItsTurn, c => c.Send(Update, Limit).ExpectClosed()),
        ["moves beyond its limit"] = (ParticipantRule.StaysWithinItsTurn, c => c.Send(Update, Limit + 1).ExpectClosed()),
        ["moves to the end of time"] = (ParticipantRule.StaysWithinItsTurn, c => c.Send(Update, ulong.MaxValue).ExpectClosed()),
        ["moves back"] = (ParticipantRule.StaysWithinItsTurn, c => c.Ask(Update, Turn + 9).Send(Update, Turn + 8).ExpectClosed()),
        ["asks for the past"] = (ParticipantRule.RequestsTheFuture, c => c.Send(Request, Turn - 1).ExpectClosed()),
        ["says RUN"] = (ParticipantRule.ClientOperations, c => c.Send(Run, 5).ExpectClosed()),
        ["says FREE_UNTIL"] = (ParticipantRule.ClientOperations, c => c.Send(FreeUntil, 5).ExpectClosed()),
        ["says an operation that does not exist"] = (
            ParticipantRule.ClientOperations, c => c.Send((TimeTravelOperation)10, 5).ExpectClosed()),
        ["says the last operation of all"] = (
            ParticipantRule.ClientOperations, c => c.Send((TimeTravelOperation)uint.MaxValue, 5).ExpectClosed()),
        ["says WAIT twice"] = (ParticipantRule.ActsInItsTurn, c => c.Send(Wait).Send(Wait).ExpectClosed()),
        ["moves its time after WAIT"] = (ParticipantRule.ActsInItsTurn, c => c.Send(Wait).Send(Update, Turn + 1).ExpectClosed()),
        ["asks, but reads no answers"] = (ParticipantRule.Reads, AskWithoutReading),
        ["never gives its turn back"] = (ParticipantRule.AnswersInTime, c => c.ExpectClosed()),
        ["asks for the same instant for ever"] = (ParticipantRule.LetsTimePass, AskForTheSameInstant),
    };

    public static TheoryData<string> BeforeAdmissionRows => [.. BeforeAdmission.Keys];

    public static TheoryData<string> WithTheTurnRows => [.. WithTheTurn.Keys];

    [Theory]
    [MemberData(nameof(BeforeAdmissionRows))]
    public void Whoever_is_not_admitted_yet(string what)
    {
        (ParticipantRule? rule, Action<RawClient> script) = BeforeAdmission[what];
        using var bench = new CalendarBench(Options);
        using var over = new SemaphoreSlim(0);
        AddBystanders(bench, atHalfTime: () =>
        {
            bench.Raw(
                client =>
                {
                    script(client);
                    client.Dispose();
                    over.Release();
                },
                what);
            over.Wait();
        });
        bench.RunUnannounced(2);
        bench.Join();
        AssertDropped(bench, rule);
    }

    [Theory]
    [MemberData(nameof(WithTheTurnRows))]
    public void Whoever_has_the_turn(string what)
    {
        (ParticipantRule? rule, Action<RawClient> script) = WithTheTurn[what];
        using var bench = new CalendarBench(Options with { WaitLimit = TimeSpan.FromMilliseconds(300), TurnsPerInstantMax = 1000 });
        bench.Overdue = fault => fault.Who.StartsWith("client 66 ", StringComparison.Ordinal);
        AddBystanders(bench);
        bench.Raw(client => script(
            client.Start(66).Ask(Request, Turn).Ask(Wait).Expect(FreeUntil, Limit).Expect(Run, Turn)));
        bench.RunUnannounced(3);
        bench.Join();
        AssertDropped(bench, rule);
    }

    [Fact]
    public void Whoever_waits_without_having_asked_never_runs_again()
    {
        using var bench = new CalendarBench(Options);
        using var over = new SemaphoreSlim(0);
        AddBystanders(bench);
        bench.Raw(client =>
        {
            client.Start(66).Ask(Wait);
            over.Wait();
        });
        Assert.Equal(RunOutcome.Idle, bench.RunUnannounced(3).Outcome);
        over.Release();
        bench.Join();
        Assert.Empty(bench.Faults);
    }

    [Fact]
    public void Whoever_asks_while_another_runs_freely_is_dropped_and_not_the_other()
    {
        using var bench = new CalendarBench(new CalendarOptions { AdmitsUnknown = true, Memory = MemoryMode.Off });
        using var asked = new SemaphoreSlim(0);
        bench.Raw(victim =>
        {
            victim.Start(1).Ask(Request, 1000).Ask(Wait).Expect(FreeUntil, 100_000_000).Expect(Run, 1000);
            bench.Client(3, _ => { }); // anybody
            victim.Expect(FreeUntil, 2000); // it is at 3000 already
            asked.Wait();
            victim.Ask(Update, 3000).Ask(Request, 4000).Ask(Wait).Expect(FreeUntil, 100_000_000).Expect(Run, 4000);
        });
        bench.Raw(offender =>
        {
            offender.Start(2).Ask(Wait).Ask(Request, 2000);
            asked.Release();
            offender.ExpectClosed();
        });
        bench.RunUnannounced(2);
        bench.Join();
        ParticipantFault fault = Assert.Single(bench.Faults);
        Assert.Equal((ParticipantRule.RequestsInStep, "client 2"), (fault.Rule, fault.Who.Split(" (")[0]));
    }

    [Fact]
    public void A_broadcast_that_is_not_acknowledged_costs_the_receiver_its_place()
    {
        using var bench = new CalendarBench(Options with { WaitLimit = TimeSpan.FromMilliseconds(300) });
        bench.Overdue = fault => fault.Who.StartsWith("client 66 ", StringComparison.Ordinal);
        AddBystanders(bench);
        bench.Raw(client => client.Start(66).Ask(Wait).ExpectClosed());
        bench.Raw(sender => sender.Start(67).Ask(Request, Turn).Ask(Wait).Expect(FreeUntil, Limit).Expect(Run, Turn).Ask(Broadcast, 3));
        bench.RunUnannounced(4);
        bench.Join();
        AssertDropped(bench, ParticipantRule.AnswersInTime);
        Assert.Contains("BROADCAST 3", bench.Faults.Single().What, StringComparison.Ordinal);
    }

    [Fact]
    public void Broadcasts_do_not_nest_without_end()
    {
        using var bench = new CalendarBench(Options);
        AddBystanders(bench);
        bench.Raw(client => client
            .Start(66).Ask(Request, Turn).Ask(Wait).Expect(FreeUntil, Limit).Expect(Run, Turn)
            .Send(Broadcast, 1).Expect(Broadcast, 2, acknowledge: false)
            .Send(Broadcast, 3).ExpectClosed());
        bench.Raw(client => client
            .Start(67).Ask(Wait).Expect(Broadcast, 1, acknowledge: false).Send(Broadcast, 2));
        bench.RunUnannounced(4);
        bench.Join();
        AssertDropped(bench, ParticipantRule.AwaitsAnswers);
    }

    [Fact]
    public void A_guest_that_restarts_in_its_process_is_let_go_and_admitted_again()
    {
        using var bench = new CalendarBench(new CalendarOptions { Memory = MemoryMode.Off });
        Origin origin = bench.Simulator.AddOrigin("guest");
        Participant guest = bench.Calendar.Expect(66, origin, SimTime.Zero);
        bench.Raw(old =>
        {
            old.Start(66).Ask(Request, 10).Ask(Wait).Expect(FreeUntil, 100_000_000).Expect(Run, 10).Ask(Update, 20);
            using var anew = new RawClient(bench.SocketPath); // the same process; the old connection stays open
            Assert.Equal(0ul, anew.Start(66).Ask(Get).Answer);
            anew.Ask(Request, 5).Ask(Wait).Expect(FreeUntil, 100_000_000 - 20).Expect(Run, 5);
            old.ExpectClosed();
        });
        bench.Run();
        bench.Join();
        Assert.Equal(ParticipantRule.StartsOnce, Assert.Single(bench.Faults).Rule);
        Assert.Equal(2, bench.Admitted.Count);
        Assert.Same(guest, bench.Admitted[1]);
        Assert.Equal(SimTime.FromNanoseconds(20), guest.AdmittedAt);
    }

    [Fact]
    public void Only_who_is_expected_takes_part_and_once()
    {
        using var bench = new CalendarBench(new CalendarOptions { Memory = MemoryMode.Off });
        bench.Calendar.Expect(1, bench.Simulator.AddOrigin("one"), SimTime.Zero);
        bench.Raw(one =>
        {
            one.Start(1).Ask(Request, 10).Ask(Wait).Expect(FreeUntil, 100_000_000).Expect(Run, 10);
            using var stranger = new RawClient(bench.SocketPath);
            stranger.Send(Start, 2).ExpectClosed();
        });
        bench.Run();
        bench.Join();
        Assert.Equal([ParticipantRule.IsExpected], bench.Faults.Select(f => f.Rule));
    }

    [Fact]
    public void An_expected_participant_that_never_comes_is_given_up()
    {
        using var bench = new CalendarBench(new CalendarOptions { WaitLimit = TimeSpan.FromMilliseconds(50) });
        bench.Calendar.Expect(1, bench.Simulator.AddOrigin("absent"), SimTime.Zero);
        Assert.Equal(RunOutcome.Idle, bench.Run().Outcome);
        ParticipantFault fault = Assert.Single(bench.Faults);
        Assert.Equal((ParticipantRule.ConnectsInTime, "absent"), (fault.Rule, fault.Who));
    }

    [Fact]
    public void Two_participants_with_one_identification_both_take_part_where_nobody_is_announced()
    {
        using var bench = new CalendarBench(Options);
        for (int i = 0; i < 2; i++)
        {
            bench.Raw(client => client.Start(TimeTravelMessage.NoId).Ask(Request, 10).Send(Wait));
        }

        bench.RunUnannounced(2);
        bench.Join();
        Assert.Empty(bench.Faults);
        Assert.Equal(2, bench.Admitted.Count);
    }

    [Fact]
    public void Far_more_participants_than_slots_of_usfstl_or_descriptors_of_select()
    {
        const int count = 1100;
        using var bench = new CalendarBench(new CalendarOptions { AdmitsUnknown = true, Memory = MemoryMode.Shared });
        bench.Start("crowd", () =>
        {
            RawClient[] crowd = [.. Enumerable.Range(1, count).Select(i => new RawClient(bench.SocketPath).Send(Start, (ulong)i))];
            for (int i = 0; i < count; i++)
            {
                crowd[i].ExpectAnswer();
                Assert.Equal((ulong)i + 1, crowd[i].Answer);
                crowd[i].Ask(Request, 1000 + (ulong)i);
                crowd[i].Send(Wait);
            }

            for (int i = 0; i < count; i++)
            {
                crowd[i].ExpectAnswer();
                crowd[i].Expect(FreeUntil, i == count - 1 ? 100_000_000 : 1001 + (ulong)i).Expect(Run, 1000 + (ulong)i);
                crowd[i].Dispose();
            }
        });
        bench.RunUnannounced(count);
        bench.Join();
        Assert.Empty(bench.Faults);
        Assert.Equal(count, bench.Admitted.Count);
    }

    private static CalendarOptions Options => new() { AdmitsUnknown = true, Memory = MemoryMode.Shared };

    /// <summary>Two participants, one with memory and one with messages, that take turns each millisecond.</summary>
    private static void AddBystanders(CalendarBench bench, Action? atHalfTime = null)
    {
        foreach (bool useMemory in new[] { true, false })
        {
            Action? action = useMemory ? atHalfTime : null;
            bench.Client(
                useMemory ? 1ul : 2ul,
                client =>
                {
                    Assert.Equal(useMemory, client.UsesMemory);
                    for (int i = 0; i < BystanderTurns; i++)
                    {
                        SimTime next = client.Now + Step;
                        Assert.True(client.AdvanceTo(next), client.Fault?.ToString());
                        Assert.Equal(next, client.Now);
                        if (i == BystanderTurns / 2)
                        {
                            action?.Invoke();
                        }
                    }
                },
                useMemory);
        }
    }

    private static void AssertDropped(CalendarBench bench, ParticipantRule? rule)
    {
        Assert.Equal(rule is null ? [] : [rule.Value], bench.Faults.Select(f => f.Rule));
        foreach (ParticipantFault fault in bench.Faults)
        {
            Assert.DoesNotContain('\n', fault.ToString());
            Assert.Contains("process", fault.Who, StringComparison.Ordinal);
            Assert.NotEmpty(fault.Advice);
        }

        // The bystanders' own scripts assert that they finish; they leave without a fault.
        Assert.Equal(2, bench.Left.Count(l => l.Participant.Id is 1 or 2));
    }

    private static void AskWithoutReading(RawClient client)
    {
        for (int i = 0; i < 100_000; i++)
        {
            client.Send(Get);
        }
    }

    private static void AskForTheSameInstant(RawClient client)
    {
        var bytes = new byte[TimeTravelMessage.Bytes];
        while (true)
        {
            client.Send(Request, Turn).Send(Wait);
            TimeTravelMessage message;
            do
            {
                if (UnixSocket.Receive(client.Socket, bytes) != bytes.Length)
                {
                    return; // dropped
                }

                message = MemoryMarshal.Read<TimeTravelMessage>(bytes);
                if (message.Operation is Run or FreeUntil)
                {
                    client.SendRaw(message with { Operation = Acknowledge });
                }
            }
            while (message.Operation != Run);
        }
    }
}
