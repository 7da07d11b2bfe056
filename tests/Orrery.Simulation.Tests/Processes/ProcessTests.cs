using Xunit;

namespace Orrery.Simulation.Tests.Processes;

public class ProcessTests
{
    private readonly Simulator _simulator = new();
    private readonly Timeline _timeline;
    private readonly List<string> _log = [];

    public ProcessTests() => _timeline = _simulator.AddTimeline("t");

    [Fact]
    public void Delays_take_simulated_time_on_the_calling_thread()
    {
        int thread = Environment.CurrentManagedThreadId;
        Start("p", async p =>
        {
            for (int i = 0; i < 3; i++)
            {
                await p.Delay(SimDuration.FromHours(1));
                Log(p, $"{i} {Environment.CurrentManagedThreadId == thread}");
            }

            await p.Until(SimTime.FromSeconds(4 * 3600));
            await p.Until(SimTime.Zero);
            Log(p, "end");
        });
        RunToIdle();
        Assert.Equal(["3600s p 0 True", "7200s p 1 True", "10800s p 2 True", "14400s p end"], _log);
    }

    [Fact]
    public void A_signal_wakes_those_that_wait_in_the_order_of_their_origins_and_is_not_remembered()
    {
        var signal = new Signal();
        for (int i = 0; i < 3; i++)
        {
            int delay = i;
            Start($"w{i}", async p =>
            {
                await p.Delay(SimDuration.FromSeconds((ulong)(3 - delay)));
                Assert.True(await p.Wait(signal));
                Log(p, "woken");
            });
        }

        Start("raiser", async p =>
        {
            signal.Raise();
            await p.Delay(SimDuration.FromSeconds(10));
            signal.Raise();
            Log(p, "raised");
        });
        RunToIdle();
        Assert.Equal(["10s raiser raised", "10s w0 woken", "10s w1 woken", "10s w2 woken"], _log);
        Assert.False(signal.HasWaiting);
    }

    [Fact]
    public void A_wait_with_a_timeout_says_which_came_first()
    {
        var signal = new Signal();
        Start("p", async p =>
        {
            Log(p, $"{await p.Wait(signal, SimDuration.FromSeconds(1))}");
            Log(p, $"{await p.Wait(signal, SimDuration.FromSeconds(5))}");
            Log(p, $"{await p.Wait(signal, SimDuration.FromSeconds(5))}");
        });
        Start("raiser", async p =>
        {
            await p.Delay(SimDuration.FromSeconds(3));
            signal.Raise();
        });
        RunToIdle();
        Assert.Equal(["1s p False", "3s p True", "8s p False"], _log);
    }

    [Fact]
    public void Methods_with_results_nest()
    {
        Start("p", async p =>
        {
            Log(p, $"{await Sum(p, 4)}");
            await Nothing();
            Log(p, $"{await Immediately(7)}");
        });
        RunToIdle();
        Assert.Equal(["10s p 10", "10s p 7"], _log);

        static async SimTask<int> Sum(Process p, int n)
        {
            if (n == 0)
            {
                return 0;
            }

            await p.Delay(SimDuration.FromSeconds((ulong)n));
            return n + await Sum(p, n - 1);
        }

        static async SimTask Nothing() => await Immediately(0);

#pragma warning disable CS1998 // returns without awaiting: what is tested
        static async SimTask<int> Immediately(int value) => value;
#pragma warning restore CS1998
    }

    [Fact]
    public void A_task_that_is_not_awaited_goes_on_beside_and_can_be_awaited_later()
    {
        Start("p", async p =>
        {
            SimTask<int> beside = After(p, 5);
            _ = After(p, 7);
            await p.Delay(SimDuration.FromSeconds(1));
            Log(p, "first");
            Log(p, $"{await beside}");
        });
        RunToIdle();
        Assert.Equal(["1s p first", "5s p after 5", "5s p 5", "7s p after 7"], _log);

        async SimTask<int> After(Process p, int seconds)
        {
            await p.Delay(SimDuration.FromSeconds((ulong)seconds));
            Log(p, $"after {seconds}");
            return seconds;
        }
    }

    [Fact]
    public void A_mailbox_keeps_order_and_its_bound()
    {
        Mailbox<int> mailbox = null!;
        Process receiver = Start("receiver", async p =>
        {
            while (true)
            {
                int item = await mailbox.Receive();
                Log(p, $"{item}");
                await p.Delay(SimDuration.FromSeconds(1));
            }
        });
        mailbox = new Mailbox<int>(receiver, 2);
        Start("sender", async p =>
        {
            await p.Delay(SimDuration.FromSeconds(1));
            Log(p, $"{mailbox.TrySend(1)} {mailbox.TrySend(2)} {mailbox.TrySend(3)}");
            await p.Delay(SimDuration.FromSeconds(5));
            Log(p, $"{mailbox.TrySend(4)}");
        });
        RunToIdle();
        Assert.Equal(["1s sender True True False", "1s receiver 1", "2s receiver 2", "6s sender True", "6s receiver 4"], _log);
        Assert.False(receiver.HasEnded);
        Assert.False(mailbox.TryReceive(out _));
    }

    [Fact]
    public void Cancelling_throws_out_of_every_await_and_is_no_failure()
    {
        var signal = new Signal();
        Process victim = Start("victim", async p =>
        {
            _ = Beside(p);
            try
            {
                await p.Wait(signal, SimDuration.FromSeconds(100));
            }
            finally
            {
                Log(p, "finally");
                await p.Delay(SimDuration.FromSeconds(1));
                Log(p, "never");
            }
        });
        Start("killer", async p =>
        {
            await p.Delay(SimDuration.FromSeconds(3));
            signal.Raise(); // is overtaken by the cancellation
            victim.Cancel();
            victim.Cancel();
            await p.Wait(victim.Ended);
            Log(p, $"ended {victim.HasEnded}");
        });
        RunToIdle();
        Assert.Equal(["3s victim finally", "3s killer ended True"], _log);

        async SimTask Beside(Process p)
        {
            await p.Delay(SimDuration.FromSeconds(50));
            Log(p, "never");
        }
    }

    [Fact]
    public void A_process_cancelled_before_its_first_step_never_runs()
    {
        Start("p", async p =>
        {
            await p.Delay(SimDuration.Zero);
            Log(p, "never");
        }).Cancel();
        RunToIdle();
        Assert.Empty(_log);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_exception_fails_the_run_and_names_the_process(bool awaits)
    {
        Start("broken", async p =>
        {
            if (awaits)
            {
                await p.Delay(SimDuration.FromSeconds(1));
            }

            throw new InvalidDataException("bad");
        });
        RunResult result = _simulator.Run(SimTime.Never);
        Assert.Equal(RunOutcome.Failed, result.Outcome);
        var exception = Assert.IsType<ProcessFailedException>(result.Failure!.Exception);
        Assert.Equal("process broken: bad", exception.Message);
        Assert.IsType<InvalidDataException>(exception.InnerException);
    }

    [Fact]
    public void A_part_that_fails_unawaited_fails_the_run()
    {
        Start("p", async p =>
        {
            _ = Fails(p);
            await p.Delay(SimDuration.FromSeconds(10));
            Log(p, "never");
        });
        RunResult result = _simulator.Run(SimTime.Never);
        Assert.Equal("t at 1s: process p: bad", result.Failure!.ToString());
        Assert.Empty(_log);

        static async SimTask Fails(Process p)
        {
            await p.Delay(SimDuration.FromSeconds(1));
            throw new InvalidDataException("bad");
        }
    }

    [Fact]
    public void An_exception_reaches_who_awaits()
    {
        Start("p", async p =>
        {
            try
            {
                await Fails(p);
            }
            catch (InvalidDataException exception)
            {
                Log(p, exception.Message);
            }
        });
        RunToIdle();
        Assert.Equal(["1s p bad"], _log);

        static async SimTask Fails(Process p)
        {
            await p.Delay(SimDuration.FromSeconds(1));
            throw new InvalidDataException("bad");
        }
    }

    [Fact]
    public void Awaiting_anything_but_simulated_time_is_refused()
    {
        Start("p", async p =>
        {
            await Task.CompletedTask; // does not leave the simulation
            await new TaskCompletionSource().Task;
        });
        RunResult result = _simulator.Run(SimTime.Never);
        Assert.Contains("awaits only simulated time", result.Failure!.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Awaiting_allocates_nothing()
    {
        long before = 0;
        long after = 0;
        var signal = new Signal();
        Mailbox<int> mailbox = null!;
        Process ponger = Start("ponger", async p =>
        {
            while (true)
            {
                await mailbox.Receive();
                signal.Raise();
            }
        });
        mailbox = new Mailbox<int>(ponger, 1);
        Start("pinger", async p =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                if (i == 10_000)
                {
                    before = GC.GetAllocatedBytesForCurrentThread();
                }

                await p.Delay(SimDuration.FromMilliseconds(1));
                mailbox.TrySend(i);
                await p.Wait(signal, SimDuration.FromSeconds(1));
            }

            after = GC.GetAllocatedBytesForCurrentThread();
        });
        RunToIdle();
        Assert.NotEqual(0, after);
        Assert.Equal(before, after);
    }

    private Process Start(string name, Func<Process, SimTask> body) => Process.Start(_timeline, _simulator.AddOrigin(name), body);

    private void Log(Process process, string text) => _log.Add($"{process.Now} {process.Name} {text}");

    private void RunToIdle()
    {
        RunResult result = _simulator.Run(SimTime.Never);
        Assert.Null(result.Failure);
        Assert.Equal(RunOutcome.Idle, result.Outcome);
    }
}
