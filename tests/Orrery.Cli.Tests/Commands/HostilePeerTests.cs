using System.Text.Json;
using Xunit;

namespace Orrery.Cli.Tests.Commands;

/// <summary>A machine in a process of its own meets a calendar or a device that breaks the rules: it stops, and says which.</summary>
public sealed class HostilePeerTests : IDisposable
{
    private const ulong HalfSecond = 500_000_000;
    private const ulong TwoSeconds = 2_000_000_000;

    private const string Alone = """
        nodes:
          a: { kind: machine, program: shell, type: [ { text: "date\n", at: 1s }, { text: "exit\n", at: 2s } ] }
        until: a exits
        """;

    private const string WithCard = """
        nodes:
          a: { kind: machine, program: ping 10.0.0.9 --count 3 }
        segments:
          lan: { nodes: all }
        until: a exits
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-hostile-").FullName;

    private string Clock => Path.Combine(_folder, "clock");

    private string Card => Path.Combine(_folder, "card");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("random bytes", "before it acknowledged START")]
    [InlineData("a wrong sequence number", "before it acknowledged START")]
    [InlineData("half a message", "closed the connection in the middle of a message")]
    [InlineData("a turn that was not asked for", "sent RUN 5")]
    [InlineData("time that goes back", "granted a turn at 500000000 ns instead of 2000000000 ns")]
    public void A_calendar_that_breaks_a_rule_is_named_with_it(string what, string message)
    {
        ulong requested = 0;
        using var calendar = new MockCalendar(Clock, request =>
        {
            requested = request.Operation == TimeMessage.Request ? request.Time : requested;
            return what switch
            {
                "random bytes" => RandomBytes(),
                "a wrong sequence number" => new TimeMessage(TimeMessage.Ack, request.Sequence + 1, 0).ToBytes(),
                "half a message" => request.Operation == TimeMessage.Start ? null : new byte[7],
                "time that goes back" => request.Operation == TimeMessage.Wait && requested == TwoSeconds ? Turn(request, HalfSecond) : null,
                _ => request.Operation == TimeMessage.Start ? null : new TimeMessage(TimeMessage.Run, 0, 5).ToBytes(),
            };
        });
        calendar.Start();
        AssertFault(Alone, "the calendar ", message);
    }

    [Theory]
    [InlineData("nothing", "eth0: the device went away before it was started")]
    [InlineData("random bytes", "a.eth0: ")]
    [InlineData("half a header", "a.eth0: the connection ended inside a message")]
    public void A_device_that_breaks_a_rule_is_named_with_it(string what, string message)
    {
        using var calendar = new MockCalendar(Clock, _ => null);
        using var device = new MockDevice(Card, what switch { "nothing" => [], "half a header" => new byte[5], _ => RandomBytes() });
        calendar.Start();
        device.Start();
        AssertFault(WithCard, "node a: ", message, "--segment", $"lan={Card}");
    }

    private static byte[] Turn(TimeMessage wait, ulong time) =>
        [.. new TimeMessage(TimeMessage.Ack, wait.Sequence, 0).ToBytes(), .. new TimeMessage(TimeMessage.Run, 0, time).ToBytes()];

    private static byte[] RandomBytes()
    {
        var bytes = new byte[64];
        new Random(3).NextBytes(bytes);
        return bytes;
    }

    private void AssertFault(string text, string who, string message, params string[] segments)
    {
        string lab = Path.Combine(_folder, "lab.yaml");
        File.WriteAllText(lab, text);
        CommandResult result = OrreryProcess.Run(
            ["run", lab, "-o", Path.Combine(_folder, "run"), "--calendar", Clock, "--timeout", "60", "--json", .. segments]);
        Assert.True(result.ExitCode == 4, result.Output + result.Error);
        JsonElement json = JsonDocument.Parse(result.Output).RootElement;
        string reason = json.GetProperty("reason").GetString()!;
        Assert.True(reason.Contains(who, StringComparison.Ordinal) && reason.Contains(message, StringComparison.Ordinal), reason);
        Assert.Equal("failed", json.GetProperty("nodes")[0].GetProperty("state").GetString());
    }
}
