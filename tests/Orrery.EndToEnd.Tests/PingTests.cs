using Orrery.Lab.Running;
using Orrery.Posix;
using Orrery.Simulation;

namespace Orrery.EndToEnd.Tests;

public sealed class PingTests : IDisposable
{
    private const string Pair = """
        lab: two machines on a wire
        seed: 42
        nodes:
          client: { kind: linux, run: ping -c 200 server }
          server: { kind: linux }
        links:
          - between: [client, server]
            delay: 5ms
        until: client exits
        """;

    private readonly LabFixture _labs = new();

    public void Dispose() => _labs.Dispose();

    [Fact]
    public void Every_ping_comes_back_after_two_delays()
    {
        FinishedLab lab = _labs.Run(Pair);
        Assert.Equal((RunStatus.Passed, ""), (lab.Result.Status, string.Join('\n', lab.Result.Faults)));
        IReadOnlyList<string> pings = lab.PingsOf("client");
        Assert.Equal(200, pings.Count);
        // The first one waits for ARP.
        Assert.Matches("time=20\\.00[0-9] ms", pings[0]);
        Assert.All(pings.Skip(1), line => Assert.Matches("time=10\\.00[0-9] ms", line));
        Assert.InRange(lab.Result.SimulatedNs, 199_000_000_000u, 199_100_000_000u);
        Assert.Equal(0, lab.Result.Nodes[0].ExitCode);
        Assert.Null(lab.Result.Nodes[1].ExitCode);
    }

    [Theory]
    [InlineData("calendar.memory=off")]
    [InlineData("nodes.client.calendar.memory=off")]
    [InlineData("nodes.server.calendar.memory=off")]
    public void Schedule_memory_changes_nothing_that_a_guest_sees(string setting)
    {
        FinishedLab with = _labs.Run(Pair);
        FinishedLab without = _labs.Run(Pair, null, null, setting);
        Assert.Equal(RunStatus.Passed, without.Result.Status);
        Assert.Equal(with.OutputOf("client"), without.OutputOf("client"));
        Assert.Equal(with.Result.SimulatedNs, without.Result.SimulatedNs);
        Assert.Equal(with.Result.Digest, without.Result.Digest);
    }

    [Fact]
    public void A_command_that_fails_is_the_result()
    {
        FinishedLab lab = _labs.Run("""
            nodes:
              a: { kind: linux, run: [ "echo one", "exit 7", "echo never" ] }
            """);
        Assert.Equal(RunStatus.Failed, lab.Result.Status);
        Assert.Equal(7, lab.Result.Nodes[0].ExitCode);
        Assert.Equal("one\n", lab.OutputOf("a"));
    }

    [Theory]
    [InlineData(GroupSplitting.Never)]
    [InlineData(GroupSplitting.Always)]
    public void A_guest_that_is_killed_costs_nobody_else_anything(GroupSplitting splitting)
    {
        bool killed = false;
        var watcher = new Watcher
        {
            OnProgress = run =>
            {
                if (!killed && run.Now.Nanoseconds > 1_000_000_000)
                {
                    killed = true;
                    Guests.Kill("victim");
                }
            },
        };
        FinishedLab lab = _labs.Run(
            """
            nodes:
              client: { kind: linux, run: ping -c 20 server }
              server: { kind: linux }
              victim: { kind: linux, run: ping server >/dev/null }
            links:
              - between: [client, server]
                delay: 5ms
              - between: [victim, server]
                delay: 5ms
            until: client exits
            """,
            new RunOptions { Jobs = 2, Splitting = splitting }, watcher);
        Assert.Equal(20, lab.PingsOf("client").Count);
        Assert.Equal(0, lab.Result.Nodes[0].ExitCode);
        Assert.Equal("failed", lab.Result.Nodes[2].State);
        Assert.Equal(RunStatus.ParticipantFault, lab.Result.Status);
        Assert.Contains("victim", Assert.Single(lab.Result.Faults), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(GroupSplitting.Never, 1)]
    [InlineData(GroupSplitting.Always, 2)]
    public void A_guest_is_on_the_core_of_its_worker_and_on_no_other(GroupSplitting splitting, int cores)
    {
        cores = Math.Min(cores, Affinity.AllowedProcessors().Count);
        IReadOnlyList<string> processors = [];
        var watcher = new Watcher { OnProgress = _ => processors = Guests.Processors() is { Count: 2 } both ? both : processors };
        FinishedLab lab = _labs.Run(
            """
            nodes:
              client: { kind: linux, run: ping -c 2 server }
              server: { kind: linux }
            links:
              - between: [client, server]
                delay: 5ms
            until: client exits
            """,
            new RunOptions { Jobs = 2, Splitting = splitting }, watcher);
        Assert.Equal(RunStatus.Passed, lab.Result.Status);
        Assert.Equal(2, processors.Count);
        Assert.All(processors, list => Assert.Matches("^[0-9]+$", list));
        Assert.Equal(cores, processors.Distinct().Count());
    }

    [Fact]
    public void A_late_guest_begins_at_its_time()
    {
        FinishedLab lab = _labs.Run("""
            nodes:
              client: { kind: linux, start: 50s, run: "date -u +%s; ping -c 3 server" }
              server: { kind: linux }
            links:
              - between: [client, server]
                delay: 5ms
            start: 2026-01-01T00:00:00Z
            until: client exits
            """);
        Assert.Equal(RunStatus.Passed, lab.Result.Status);
        Assert.Equal(50_000_000_000u, lab.Result.Nodes[0].StartedNs);
        Assert.StartsWith("1767225650\n", lab.OutputOf("client"), StringComparison.Ordinal);
        Assert.Equal(3, lab.PingsOf("client").Count);
    }

    [Fact]
    public void Nobody_can_ever_do_anything_again()
    {
        FinishedLab lab = _labs.Run("""
            nodes:
              a: { kind: machine, program: flow --count 5 }
            """);
        Assert.Equal(RunStatus.Idle, lab.Result.Status);
    }

    [Fact]
    public void Interrupted_in_the_middle_nothing_is_left()
    {
        using var stop = new CancellationTokenSource();
        var watcher = new Watcher
        {
            Stop = stop,
            OnProgress = run =>
            {
                if (run.Now.Nanoseconds > 5_000_000_000)
                {
                    stop.Cancel();
                }
            },
        };
        FinishedLab lab = _labs.Run(
            """
            nodes:
              a: { kind: linux, run: while true; do sleep 1; done }
            """,
            null, watcher);
        Assert.Equal(RunStatus.Interrupted, lab.Result.Status);
        Assert.Empty(Guests.All());
    }
}
