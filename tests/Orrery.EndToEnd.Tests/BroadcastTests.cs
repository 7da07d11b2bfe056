using Orrery.Lab.Running;

namespace Orrery.EndToEnd.Tests;

public sealed class BroadcastTests(LabFixture labs) : IClassFixture<LabFixture>
{
    [Theory]
    [InlineData("calendar.memory=on")]
    [InlineData("calendar.memory=off")]
    public void A_number_that_a_guest_broadcasts_reaches_guests_of_other_timelines_at_the_end_of_the_epoch(string setting)
    {
        const string lab = """
            nodes:
              speaker: { run: [ sleep 1.02, echo 42 >/sys/kernel/um-ext-time/bc-message, sleep 2 ] }
              near: { run: &listen [ sleep 1.05, cat /sys/kernel/um-ext-time/bc-message, echo, sleep 0.07, cat /sys/kernel/um-ext-time/bc-message, echo ] }
              far: { run: *listen }
            segments:
              zero: { nodes: [speaker, near], delay: 0ns }
              lan: { nodes: all, delay: 1ms }
            """;
        FinishedLab first = labs.Run(lab, null, null, setting);
        Assert.Equal((RunStatus.Passed, ""), (first.Result.Status, string.Join('\n', first.Result.Faults)));
        Assert.Equal("0x2a\n0x2a\n", first.OutputOf("near"));
        Assert.Equal("0x0\n0x2a\n", first.OutputOf("far"));
        Assert.Equal(first.Result.Digest, labs.Run(lab, null, null, setting).Result.Digest);
    }
}
