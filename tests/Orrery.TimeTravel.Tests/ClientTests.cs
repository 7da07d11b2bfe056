using Orrery.Posix;
using Orrery.Simulation;
using Orrery.TimeTravel.Tests.Support;
using Xunit;
using static Orrery.TimeTravel.TimeTravelOperation;

namespace Orrery.TimeTravel.Tests;

/// <summary>The client's side, message by message, against a calendar that says what the test tells it to.</summary>
public class ClientTests
{
    [Fact]
    public void It_starts_asks_waits_and_runs() => Converse(
        calendar => calendar
            .ExpectRequest(Start, 9).Answer()
            .ExpectRequest(Request, 1000).Answer()
            .ExpectRequest(Wait).Answer().Send(FreeUntil, 5000).ExpectAnswer().Send(Run, 1000).ExpectAnswer()
            .ExpectRequest(Update, 4999).Answer()
            .ExpectRequest(Request, 5000).Answer()
            .ExpectRequest(Wait).Answer().Send(Run, 5000).ExpectAnswer()
            .ExpectRequest(GetTimeOfDay).Answer(77),
        client =>
        {
            Assert.True(client.IsRunning);
            Assert.False(client.UsesMemory);
            Assert.True(client.AdvanceTo(Ns(1000)));
            Assert.Equal(Ns(5000), client.FreeUntil);
            Assert.True(client.AdvanceTo(Ns(4000)) && client.AdvanceTo(Ns(4999))); // free: nothing is sent
            Assert.True(client.Update() && client.Update()); // once for one time
            Assert.True(client.AdvanceTo(Ns(5000)));
            Assert.Equal(SimTime.Zero, client.FreeUntil); // forgotten at WAIT
            Assert.True(client.TryGetTimeOfDay(out ulong time));
            Assert.Equal(77ul, time);
        });

    [Fact]
    public void What_the_calendar_says_while_an_answer_is_due_is_handled() => Converse(
        calendar => calendar
            .ExpectRequest(Start, 9).Answer()
            .ExpectRequest(Request, 10)
            .Send(FreeUntil, 40).ExpectAnswer().Send(Broadcast, 5).ExpectAnswer()
            .Answer()
            .ExpectRequest(Wait).Send(Broadcast, 6).ExpectAnswer().Answer().Send(Run, 10).ExpectAnswer(),
        client =>
        {
            Assert.True(client.RequestAt(Ns(10)));
            Assert.Equal(Ns(40), client.FreeUntil);
            Assert.True(client.WaitUntilRun());
            Assert.True(client.TryTakeBroadcast(out ulong payload));
            Assert.Equal(5ul, payload);
            Assert.True(client.TryTakeBroadcast(out payload));
            Assert.Equal(6ul, payload);
            Assert.False(client.TryTakeBroadcast(out _));
        });

    [Fact]
    public void No_other_descriptor_is_served_before_WAIT_is_acknowledged()
    {
        (FileDescriptor kicked, FileDescriptor kicker) = UnixSocket.CreatePair();
        using var order = new SemaphoreSlim(0);
        Converse(
            calendar =>
            {
                calendar.ExpectRequest(Start, 9).Answer().ExpectRequest(Wait);
                kicker.Write([1]); // somebody else runs already
                order.Release();
                calendar.Answer().ExpectRequest(Get).Answer(300).ExpectRequest(Request, 350).Answer().Send(Run, 350).ExpectAnswer();
            },
            client =>
            {
                client.Reactor.Add(kicked, new OnReady(() =>
                {
                    order.Wait();
                    kicked.Read(new byte[1]);
                    Assert.True(client.Synchronize());
                    Assert.True(client.RequestAt(client.Now + SimDuration.FromNanoseconds(50)));
                }), 0);
                Assert.True(client.WaitUntilRun());
                Assert.Equal(Ns(350), client.Now);
            });
        kicked.Dispose();
        kicker.Dispose();
    }

    [Fact]
    public void A_lower_limit_reaches_a_client_that_waits_for_a_peer()
    {
        (FileDescriptor near, FileDescriptor far) = UnixSocket.CreatePair();
        Converse(
            calendar =>
            {
                calendar
                    .ExpectRequest(Start, 9).Answer().ExpectRequest(Request, 10).Answer()
                    .ExpectRequest(Wait).Answer().Send(FreeUntil, 1000).ExpectAnswer().Send(Run, 10).ExpectAnswer()
                    .Send(FreeUntil, 100).ExpectAnswer(); // while it waits for its peer
                far.Write([1]);
                calendar.ExpectRequest(Request, 500);
            },
            client =>
            {
                Assert.True(client.AdvanceTo(Ns(10)));
                bool isAnswered = false;
                client.Reactor.Add(near, new OnReady(() => isAnswered = near.Read(new byte[1]) == 1), 0);
                Assert.True(client.Serve(() => isAnswered));
                Assert.Equal(Ns(100), client.FreeUntil);
                Assert.False(client.AdvanceTo(Ns(500)));
            });
        near.Dispose();
        far.Dispose();
    }

    [Theory]
    [InlineData(CalendarRule.AnswersStartFirst, "says something else than the answer to START")]
    [InlineData(CalendarRule.KeepsConnection, "closes at once")]
    [InlineData(CalendarRule.BringsItsMemory, "gives a slot without its memory")]
    [InlineData(CalendarRule.BringsItsMemory, "gives one descriptor")]
    [InlineData(CalendarRule.BringsItsMemory, "gives three descriptors")]
    [InlineData(CalendarRule.WholeMessages, "closes in the middle of a message")]
    [InlineData(CalendarRule.AcknowledgesInOrder, "acknowledges another number")]
    [InlineData(CalendarRule.CalendarOperations, "says REQUEST")]
    [InlineData(CalendarRule.RunsWhoWaits, "runs who has the turn")]
    [InlineData(CalendarRule.RunsWhoWaits, "runs who has not asked")]
    [InlineData(CalendarRule.RunsAtTheRequestedTime, "runs too early")]
    [InlineData(CalendarRule.RunsAtTheRequestedTime, "runs too late")]
    [InlineData(CalendarRule.MovesForward, "moves time back")]
    [InlineData(CalendarRule.MovesForward, "moves time to its end")]
    [InlineData(CalendarRule.AnswersInTime, "does not answer")]
    public void A_calendar_that_breaks_a_rule_is_left(CalendarRule rule, string what)
    {
        CalendarFault? found = null;
        Converse(
            calendar =>
            {
                calendar.ExpectRequest(Start, 9);
                switch (what)
                {
                    case "says something else than the answer to START":
                        calendar.Send(Broadcast, 1);
                        return;
                    case "closes at once":
                        return;
                }

                switch (what)
                {
                    case "gives a slot without its memory":
                        calendar.Answer(1);
                        return;
                    case "gives one descriptor":
                        calendar.Answer(1, descriptors: 1);
                        return;
                    case "gives three descriptors":
                        calendar.Answer(1, descriptors: 3);
                        return;
                }

                calendar.Answer();
                switch (what)
                {
                    case "closes in the middle of a message":
                        calendar.ExpectRequest(Request, 1000).SendBytes([0, 0, 0]);
                        return;
                    case "acknowledges another number":
                        calendar.ExpectRequest(Request, 1000).SendRaw(new TimeTravelMessage(Acknowledge, 999, 0));
                        return;
                    case "says REQUEST":
                        calendar.ExpectRequest(Request, 1000).Send(Request, 1);
                        return;
                    case "runs who has the turn":
                        calendar.ExpectRequest(Request, 1000).Send(Run, 1000);
                        return;
                    case "does not answer":
                        calendar.ExpectRequest(Request, 1000).ExpectClosed();
                        return;
                }

                calendar.ExpectRequest(Request, 1000).Answer().ExpectRequest(Wait).Answer();
                switch (what)
                {
                    case "runs too early":
                        calendar.Send(Run, 999);
                        return;
                    case "runs too late":
                        calendar.Send(Run, 1001);
                        return;
                }

                calendar.Send(Run, 1000).ExpectAnswer().ExpectRequest(Wait).Answer();
                switch (what)
                {
                    case "runs who has not asked":
                        calendar.Send(Run, 1000);
                        return;
                    case "moves time back":
                        calendar.ExpectRequest(Get).Answer(999);
                        return;
                    case "moves time to its end":
                        calendar.ExpectRequest(Get).Answer(long.MaxValue);
                        return;
                }
            },
            client =>
            {
                // Reads the time each time it waits and something else is ready: here its own event, always.
                using FileDescriptor ready = FileDescriptor.CreateEvent();
                if (what.StartsWith("moves time", StringComparison.Ordinal))
                {
                    client.Reactor.Add(ready, new OnReady(() =>
                    {
                        ready.Read(new byte[8]);
                        client.Synchronize();
                    }), 0);
                }

                if (client.AdvanceTo(Ns(1000)))
                {
                    ready.Write(BitConverter.GetBytes(1ul));
                    Assert.False(client.WaitUntilRun());
                }

                found = client.Fault;
                Assert.False(client.Update() || client.Broadcast(1) || client.TryGetTimeOfDay(out _) || client.AdvanceTo(client.Now));
            },
            new ClientOptions { Id = 9, AnswerLimit = TimeSpan.FromMilliseconds(what == "does not answer" ? 50 : 60_000) },
            fault => found = fault);
        Assert.Equal(rule, found!.Rule);
    }

    [Fact]
    public void A_calendar_that_is_not_there_is_a_fault()
    {
        Assert.Null(TimeTravelClient.Connect("/nonexistent/time", new ClientOptions(), out CalendarFault? fault));
        Assert.Equal(CalendarRule.Listens, fault!.Rule);
    }

    [Fact]
    public void A_client_without_the_turn_may_not_act()
    {
        using var bench = new CalendarBench(new CalendarOptions { AdmitsUnknown = true, Memory = MemoryMode.Off });
        using FileDescriptor ready = FileDescriptor.CreateEvent();
        ready.Write(BitConverter.GetBytes(1ul));
        bench.Client(1, client =>
        {
            client.Reactor.Add(ready, new OnReady(() =>
            {
                ready.Read(new byte[8]);
                Assert.Throws<InvalidOperationException>(() => client.Update());
                Assert.Throws<InvalidOperationException>(() => client.WaitUntilRun());
                Assert.True(client.Synchronize() && client.RequestAt(client.Now));
            }), 0);
            Assert.True(client.WaitUntilRun());
            Assert.Throws<ArgumentOutOfRangeException>(() => client.RequestAt(Ns(0)));
        });
        bench.RunUnannounced(1);
        while (bench.Timeline.NextEventTime == SimTime.Never)
        {
            Assert.True(bench.Reactor.RunOnce(60_000), "it does not ask");
        }

        bench.Run();
        bench.Join();
        Assert.Empty(bench.Faults);
    }

    [Fact]
    public void What_was_asked_for_in_memory_counts_though_its_asker_died_in_its_turn()
    {
        using var bench = new CalendarBench(new CalendarOptions { AdmitsUnknown = true, Memory = MemoryMode.Shared });
        (FileDescriptor near, FileDescriptor far) = UnixSocket.CreatePair();
        bench.Client(1, kicker =>
        {
            Assert.True(kicker.AdvanceTo(Ns(1000)) && kicker.Update());
            near.Write([1]);
            near.Read(new byte[1]); // answered; now it ends, with the turn
        });
        bench.Client(2, kicked =>
        {
            kicked.Reactor.Add(far, new OnReady(() =>
            {
                far.Read(new byte[1]);
                Assert.True(kicked.Synchronize() && kicked.RequestAt(Ns(1500)));
                far.Write([1]);
            }), 0);
            Assert.True(kicked.UsesMemory && kicked.WaitUntilRun());
            Assert.Equal(Ns(1500), kicked.Now);
        });
        bench.RunUnannounced(2);
        bench.Join();
        Assert.Empty(bench.Faults);
        near.Dispose();
        far.Dispose();
    }

    [Fact]
    public void The_example_of_the_documentation_runs_and_is_the_one_in_the_documentation()
    {
        using var bench = new CalendarBench();
        var output = new StringWriter();
        var heard = new List<ulong>();
        bench.Start("metronome", () => Assert.Equal(0, Examples.Metronome.Run(bench.SocketPath, output)));
        bench.Client(8, listener =>
        {
            Assert.True(listener.AdvanceTo(SimTime.FromSeconds(1)));
            while (listener.TryTakeBroadcast(out ulong payload))
            {
                heard.Add(payload);
            }
        });
        bench.RunUnannounced(2);
        bench.Join();
        Assert.Equal(Enumerable.Range(1, 10).Select(i => (ulong)i), heard);
        string[] lines = output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Range(1, 10).Select(i => $"beat {i} at {10 * i}ms"), lines);

        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Orrery.slnx")))
        {
            root = Path.GetDirectoryName(root)!;
        }

        string code = File.ReadAllText(Path.Combine(root, "tests/Orrery.TimeTravel.Tests/Examples/Metronome.cs"));
        Assert.Contains(code, File.ReadAllText(Path.Combine(root, "docs/participant.md")), StringComparison.Ordinal);
        Assert.True(code.Split('\n').Length < 40);
    }

    private static SimTime Ns(ulong nanoseconds) => SimTime.FromNanoseconds(nanoseconds);

    /// <summary>A client and a calendar at the two ends of a socket.</summary>
    private static void Converse(
        Action<RawCalendar> calendar, Action<TimeTravelClient> client, ClientOptions? options = null, Action<CalendarFault>? refused = null)
    {
        (FileDescriptor near, FileDescriptor far) = UnixSocket.CreatePair();
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var raw = new RawCalendar(far);
                calendar(raw);
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        })
        { IsBackground = true };
        thread.Start();
        using (var started = TimeTravelClient.Start(near, options ?? new ClientOptions { Id = 9 }, out CalendarFault? fault))
        {
            if (started is not null)
            {
                client(started);
            }
            else
            {
                Assert.NotNull(refused);
                refused(fault!);
            }
        }

        Assert.True(thread.Join(TimeSpan.FromSeconds(60)));
        Assert.Null(failure);
    }

    private sealed class OnReady(Action action) : IReadinessHandler
    {
        public void OnReadable() => action();
    }
}
