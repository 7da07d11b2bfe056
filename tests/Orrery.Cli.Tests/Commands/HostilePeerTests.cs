using System.Diagnostics;
using System.Text.Json;
using Orrery.Virtio;
using Orrery.Virtio.Tests;
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

    /// <summary>What the card does inside the kick that sends the machine's first frame, where one buffer of ring 1 is lent.</summary>
    private static readonly Dictionary<string, (VirtioRule Rule, Action<MockDevice> Lie)> s_lies = new()
    {
        ["used index jumps"] = (VirtioRule.UsedIndex, card => card.Rings[1].UsedIndex = 2),
        ["used index goes back"] = (VirtioRule.UsedIndex, card => card.Rings[1].UsedIndex = 0xffff),
        ["a buffer outside the table"] = (VirtioRule.UsedBuffer, card => card.Use(1, 8, 0)),
        ["a buffer far outside the table"] = (VirtioRule.UsedBuffer, card => card.Use(1, uint.MaxValue, 0)),
        ["a buffer that was not lent"] = (VirtioRule.UsedBuffer, card => card.Use(1, 3, 0)),
        ["bytes written to a buffer that is only readable"] = (VirtioRule.UsedLength, card => card.Use(1, 0, 1)),
        ["a receive buffer back twice"] = (VirtioRule.UsedBuffer, card => card.Use(0, 0, 72).Use(0, 0, 72).Call(0)),
        ["more bytes than a receive buffer holds"] = (VirtioRule.UsedLength, card => card.Use(0, 0, 4000).Call(0)),
        ["all bytes that a number can say"] = (VirtioRule.UsedLength, card => card.Use(0, 0, uint.MaxValue).Call(0)),
        ["more receive buffers than were lent"] = (VirtioRule.UsedIndex, card => card.Lead(0, 17).Call(0)),
        ["a call for a ring that is not there"] = (VirtioRule.RingIndex, card => card.Call(2)),
        ["a call that brings a descriptor"] = (VirtioRule.MessageHeader, card => card.Call(0, card.BackChannel.Number)),
        ["an answer before the answer"] = (VirtioRule.Answer, card => card.Say(Answer(VhostUserRequest.SetFeatures))),
        ["half of two answers"] = (VirtioRule.Answer, card => card.Say(Answer(VhostUserRequest.VringKick).AsSpan(..^4))),
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-hostile-").FullName;

    private string Clock => Path.Combine(_folder, "clock");

    private string Card => Path.Combine(_folder, "card");

    public static TheoryData<string> Lies => [.. s_lies.Keys];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("random bytes", "before it acknowledged START")]
    [InlineData("a wrong sequence number", "before it acknowledged START")]
    [InlineData("half a message", "closed the connection in the middle of a message")]
    [InlineData("a turn that was not asked for", "sent RUN 5")]
    [InlineData("a slot without its memory", "acknowledged START with slot 1 and 0 descriptors")]
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
                "a slot without its memory" => new TimeMessage(TimeMessage.Ack, request.Sequence, 1).ToBytes(),
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
        using var device = new RudeDevice(Card, what switch { "nothing" => [], "half a header" => new byte[5], _ => RandomBytes() });
        calendar.Start();
        device.Start();
        AssertFault(WithCard, "node a: ", message, "--segment", $"lan={Card}");
    }

    [Theory]
    [MemberData(nameof(Lies))]
    public void A_card_that_lies_about_its_rings_is_named_with_the_rule(string what)
    {
        (VirtioRule rule, Action<MockDevice> lie) = s_lies[what];
        using var calendar = new MockCalendar(Clock, _ => null);
        using LyingCard card = CardThatLies(lie);
        calendar.Start();
        AssertFault(WithCard, "node a: a.eth0: ", $"({rule})", "--segment", $"lan={Card}");
    }

    [Fact]
    public void The_others_of_the_lab_go_on_to_their_end()
    {
        const string text = """
            nodes:
              a: { kind: machine, program: ping 10.0.0.9 --count 3 }
              b: { kind: machine, program: shell, type: [ { text: "exit\n", at: 20s } ] }
            segments:
              lan: { nodes: [a], subnet: 10.0.0.0/24 }
            until: b exits
            """;
        using LyingCard card = CardThatLies(device => device.Use(1, 99, 0));
        using Process calendar = OrreryProcess.StartCalendar($"--time={Clock}", "--clients=2");
        JsonElement result = AssertFault(text, "node a: a.eth0: ", "(UsedBuffer)", "--segment", $"lan={Card}");
        JsonElement b = result.GetProperty("nodes")[1];
        Assert.Equal(("exited", 0, 20 * 1_000_000_000UL), (b.GetProperty("state").GetString(), b.GetProperty("exit_code").GetInt32(), b.GetProperty("ended_ns").GetUInt64()));
        calendar.WaitForExit();
        Assert.Equal(0, calendar.ExitCode);
    }

    private LyingCard CardThatLies(Action<MockDevice> lie) => new(Card, device => device.OnKick = ring =>
    {
        if (ring == VirtioNetDevice.TransmitQueue)
        {
            lie(device);
        }
    });

    private static byte[] Answer(VhostUserRequest request) => MockGuest.Message((uint)request, VhostUserHeader.Reply, MockGuest.Number(0));

    private static byte[] Turn(TimeMessage wait, ulong time) =>
        [.. new TimeMessage(TimeMessage.Ack, wait.Sequence, 0).ToBytes(), .. new TimeMessage(TimeMessage.Run, 0, time).ToBytes()];

    private static byte[] RandomBytes()
    {
        var bytes = new byte[64];
        new Random(3).NextBytes(bytes);
        return bytes;
    }

    private JsonElement AssertFault(string text, string who, string message, params string[] segments)
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
        return json;
    }
}
