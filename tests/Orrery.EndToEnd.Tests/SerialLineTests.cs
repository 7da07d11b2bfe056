using System.Security.Cryptography;
using System.Text;
using Orrery.Lab.Running;

namespace Orrery.EndToEnd.Tests;

/// <summary>The lab types at the serial line of a real kernel.</summary>
public sealed class SerialLineTests(LabFixture labs) : IClassFixture<LabFixture>
{
    [Theory]
    [InlineData("calendar.memory=on")]
    [InlineData("calendar.memory=off")]
    public void What_is_typed_arrives_at_its_instant(string setting)
    {
        const string lab = """
            nodes:
              box:
                kind: linux
                type:
                  - { text: "while read word; do cat /proc/uptime; echo $word; done\n", at: 2s }
                  - { text: "first\n", at: 3s }
                  - { text: "sec", at: 4.25s }
                  - { text: "ond\n", at: 4250ms }
                  - { text: "third\n", at: 4.49s }
            until: 5s
            """;
        FinishedLab first = labs.Run(lab, null, null, setting);
        Assert.Equal(RunStatus.Passed, first.Result.Status);
        string typed = SerialOutput(first);
        Assert.Contains("\n3.00 2.99\r\nfirst\r\n", typed);
        Assert.Contains("\n4.25 4.24\r\nsecond\r\n", typed);
        Assert.Contains("\n4.49 4.48\r\nthird\r\n", typed);

        FinishedLab second = labs.Run(lab, null, null, setting);
        Assert.Equal(typed, SerialOutput(second));
        Assert.Equal(first.Result.Digest, second.Result.Digest);
    }

    [Fact]
    public void A_megabyte_each_way_is_the_same_byte_for_byte()
    {
        // Printable, so that it can stand in a lab file; 7919 is prime to the length of a burst.
        string text = string.Concat(Enumerable.Range(0, 1 << 20).Select(i => (char)('!' + (i * 7919L / 4096 % 93) + (i % 2))))
            .Replace('"', 'x').Replace('\\', 'y');
        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)));
        string lab = $$"""
            nodes:
              box:
                kind: linux
                type:
                  - { text: "stty raw -echo; head -c 1048576 >/tmp/in; cat /tmp/in; echo; sha256sum </tmp/in; cat /proc/uptime; echo end\n", at: 2s }
                  - { text: "{{text}}", at: 3s }
            until: 5s
            """;
        FinishedLab first = labs.Run(lab);
        Assert.Equal(RunStatus.Passed, first.Result.Status);
        string output = SerialOutput(first);
        Assert.Contains(text, output);
        Assert.Contains(digest, output);
        Assert.Contains("\n3.25 3.25\nend\n", output); // 256 bursts, a millisecond apart
        for (int run = 2; run <= 5; run++)
        {
            FinishedLab again = labs.Run(lab);
            Assert.Equal(first.Result.Digest, again.Result.Digest);
            Assert.Equal(output, SerialOutput(again));
        }
    }

    [Theory]
    [InlineData("calendar.memory=on")]
    [InlineData("calendar.memory=off")]
    public void A_suspended_node_takes_what_is_typed_and_wakes_up_if_it_may(string setting)
    {
        // The alarm of the real-time clock ends the first nap; what came during it is read then. The second one is ended by
        // what is typed. /proc/uptime counts the time asleep.
        FinishedLab lab = labs.Run(
            """
            nodes:
              box:
                kind: linux
                type:
                  - { text: "stty -echo; alarm() { echo +$1 >/sys/class/rtc/rtc0/wakealarm; }\n", at: 1s }
                  - { text: "nap() { echo mem >/sys/power/state; cat /proc/uptime; read x; echo $x; cat /proc/uptime; }\n", at: 1.5s }
                  - { text: "alarm 8; nap\n", at: 2s }
                  - { text: "typed while asleep\n", at: 5s }
                  - { text: "echo enabled >/sys/class/tty/ttyS0/power/wakeup; alarm 20; nap\n", at: 15s }
                  - { text: "wake up\n", at: 20.5s }
            until: 60s
            """,
            null, null, setting);
        Assert.Equal(RunStatus.Passed, lab.Result.Status);
        string[] lines = [.. SerialOutput(lab).Split("\r\n").Select(line => line.Replace("/root # ", "", StringComparison.Ordinal).Split(' ')[0])];
        int first = Array.IndexOf(lines, "11.00");
        Assert.Equal(["11.00", "typed", "11.00", "20.50", "wake", "20.50"], lines[first..(first + 6)]);
    }

    [Fact]
    public void What_is_typed_at_a_node_that_is_not_there_is_lost_and_nobodys_fault()
    {
        FinishedLab lab = labs.Run("""
            nodes:
              box:
                kind: linux
                start: 1s
                type:
                  - { text: "echo early\n", at: 500ms }
                  - { text: "echo $((6 * 7))\n", at: 3s }
                  - { text: "poweroff -f\n", at: 4s }
                  - { text: "echo late\n", at: 5s }
              keeper: { kind: machine, program: shell, type: [ { text: "exit\n", at: 6s } ] }
            until: keeper exits
            """);
        Assert.Equal((RunStatus.Passed, ""), (lab.Result.Status, string.Join('\n', lab.Result.Faults)));
        Assert.Equal(
            [
                "serial line of node box: the node is not there at 500ms: what is typed then is lost",
                "serial line of node box: the node is not there at 5s: what is typed then is lost",
            ],
            lab.Watcher.Warnings);
        Assert.Contains("42", SerialOutput(lab));
    }

    [Fact]
    public void Without_acknowledgement_the_kernel_and_the_lab_warn()
    {
        // Our kernel, but the lab does not see that it could acknowledge.
        string kernel = Path.GetTempFileName();
        byte[] content = File.ReadAllBytes(LabFixture.FindKernel());
        int mark = content.AsSpan().IndexOf("=fd:IN,fd:OUT,fd:ACK"u8);
        content[mark] = (byte)'-';
        File.WriteAllBytes(kernel, content);
        File.SetUnixFileMode(kernel, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            FinishedLab lab = labs.Run(
                """
                nodes:
                  box:
                    kind: linux
                    type: [ { text: "echo $((6 * 7)); date\n", at: 2s } ]
                    run: while sleep 1; do true; done
                until: 5s
                """,
                new RunOptions { Kernel = kernel });
            Assert.Equal(RunStatus.Passed, lab.Result.Status);
            Assert.Contains("node box: its kernel does not acknowledge what is typed", Assert.Single(lab.Watcher.Warnings));
            Assert.Contains("ttyS0: its input is not acknowledged", File.ReadAllText(lab.Folder.Console("box")));
            Assert.Contains("\n42\r\n", SerialOutput(lab)); // at its next turn
        }
        finally
        {
            File.Delete(kernel);
        }
    }

    private static string SerialOutput(FinishedLab lab) => File.ReadAllText(lab.Folder.File("box.ttyS0"));
}
