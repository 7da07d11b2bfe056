using Orrery.Lab.Running;

namespace Orrery.EndToEnd.Tests;

public sealed class MachineTests : IDisposable
{
    private readonly LabFixture _labs = new();

    public void Dispose() => _labs.Dispose();

    [Theory]
    [InlineData("process: own", "")]
    [InlineData("", "process: own")]
    [InlineData("process: own", "process: own")]
    [InlineData("process: own, calendar: { memory: off }", "process: own")]
    public void A_process_of_its_own_changes_no_byte(string client, string server)
    {
        FinishedLab inside = _labs.Run(Pair("", ""));
        FinishedLab own = _labs.Run(Pair(client, server), LabFixture.WithMachineCommand);
        Assert.Equal((RunStatus.Passed, ""), (own.Result.Status, string.Join('\n', own.Result.Faults)));
        Assert.Equal(50, own.PingsOf("client").Count);
        Assert.Equal(inside.OutputOf("client"), own.OutputOf("client"));
        Assert.Equal(inside.Result.Digest, own.Result.Digest);
    }

    [Theory]
    [InlineData("kind: machine, program: ping server --count 50", "kind: linux")]
    [InlineData("kind: linux, run: ping -c 50 server", "kind: machine")]
    [InlineData("kind: linux, run: ping -c 50 server", "kind: machine, process: own")]
    public void Machines_and_Linux_meet(string client, string server)
    {
        FinishedLab lab = _labs.Run(
            $$"""
            nodes:
              client: { {{client}} }
              server: { {{server}} }
            links:
              - between: [client, server]
                delay: 5ms
            until: client exits
            """,
            LabFixture.WithMachineCommand);
        Assert.Equal((RunStatus.Passed, ""), (lab.Result.Status, string.Join('\n', lab.Result.Faults)));
        Assert.Equal(50, lab.PingsOf("client").Count);
        Assert.All(lab.PingsOf("client").Skip(1), line => Assert.Matches("time=10\\.00[0-9] ms", line));
    }

    [Fact]
    public void A_flow_arrives_whole_and_in_order()
    {
        FinishedLab lab = _labs.Run("""
            nodes:
              sender: { kind: machine, program: flow receiver --rate 10Mbit --count 500 --size 1200 }
              receiver: { kind: machine, program: flow --count 500 }
            links:
              - between: [sender, receiver]
                delay: 1ms
            """);
        Assert.Equal(RunStatus.Passed, lab.Result.Status);
        Assert.Equal("received 500 datagrams, 600000 bytes, 0 lost, 0 reordered\n", lab.OutputOf("receiver"));
        // 499 gaps of 9600 bits at 10 Mbit/s, and the way.
        Assert.InRange(lab.Result.SimulatedNs, 480_000_000u, 484_000_000u);
    }

    [Fact]
    public void What_a_lab_types_arrives_at_its_time()
    {
        FinishedLab lab = _labs.Run("""
            nodes:
              a: { kind: machine, program: shell, type: [ { text: "date\nping b\n", at: 1s }, { text: "exit 3\n", at: 2s } ] }
              b: { kind: machine, program: echo }
            links:
              - between: [a, b]
                delay: 3ms
            """);
        Assert.Equal(RunStatus.Failed, lab.Result.Status);
        Assert.Equal(3, lab.Result.Nodes[0].ExitCode);
        Assert.Equal(2_000_000_000u, lab.Result.Nodes[0].EndedNs);
        Assert.Contains("is alive, 12.000 ms", lab.OutputOf("a"), StringComparison.Ordinal);
    }

    private static string Pair(string client, string server) => $$"""
        seed: 7
        nodes:
          client: { kind: machine, program: ping server --count 50{{Comma(client)}} }
          server: { kind: machine, program: echo{{Comma(server)}} }
        links:
          - between: [client, server]
            delay: 5ms
        until: client exits
        """;

    private static string Comma(string text) => text.Length > 0 ? ", " + text : "";
}
