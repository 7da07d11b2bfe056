using FsCheck;
using FsCheck.Fluent;
using Orrery.Interrupts.Conformance.Live;
using Xunit;

namespace Orrery.Interrupts.Tests.Conformance;

/// <summary>The host's end of the agent's port: what comes back is checked before it is used.</summary>
public class AgentProtocolTests
{
    private static readonly byte[] s_answer = [0, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, (byte)'6', (byte)'.', (byte)'1', (byte)'2', 0, 0, 0, 0];

    [Fact]
    public void The_checksum_is_that_of_IEEE_802_3() => Assert.Equal(0xCBF4_3926u, Crc32.Of("123456789"u8));

    [Fact]
    public void A_batch_is_answered_in_order()
    {
        (bool executed, AgentAnswer[]? answers, _, byte[] sent) = Exchange(Frame(s_answer));
        Assert.True(executed);
        Assert.Equal((0, 1UL, 4), (answers![0].Status, answers[0].Value, answers[0].Data.Length));
        Assert.Equal(AgentProtocol.FrameHeaderBytes + AgentProtocol.CommandBytes, sent.Length);
    }

    [Fact]
    public void Answers_that_are_not_what_they_claim_are_refused()
    {
        Assert.Equal("the agent ended without an answer", Exchange([]).Problem);
        Assert.Equal("the agent ended inside its answer to batch 1", Exchange(Frame(s_answer)[..^1]).Problem);
        byte[] damaged = Frame(s_answer);
        damaged[^1] ^= 1;
        Assert.Equal("the answer to batch 1 is damaged", Exchange(damaged).Problem);
        byte[] other = Frame(s_answer);
        other[4] = 9;
        Assert.StartsWith("not the answer to batch 1", Exchange(other).Problem);
        byte[] huge = Frame(s_answer);
        huge[11] = 0xFF;
        Assert.StartsWith("not the answer to batch 1", Exchange(huge).Problem);
        Assert.Equal("8 bytes follow the last of 1 answers", Exchange(Frame([.. s_answer, .. new byte[8]])).Problem);
        Assert.Equal("answer 1 of 1 claims 4 bytes of data, 0 follow", Exchange(Frame(s_answer[..16])).Problem);
        Assert.Equal("the answer ends at byte 0, inside answer 1 of 1", Exchange(Frame(s_answer[..8])).Problem);
    }

    [Fact]
    public void No_payload_makes_the_parser_throw() =>
        Prop.ForAll(
                ArbMap.Default.ArbFor<byte[]>(),
                payload => AgentAnswers.TryParse(payload, 3, out _, out string problem) || problem.Length > 0)
            .QuickCheckThrowOnFailure();

    private static (bool Executed, AgentAnswer[]? Answers, string Problem, byte[] Sent) Exchange(byte[] reply)
    {
        var sent = new MemoryStream();
        var connection = new AgentConnection(sent, new MemoryStream(reply));
        var batch = new AgentBatch();
        batch.Hello();
        bool executed = connection.TryExecute(batch, out AgentAnswer[]? answers, out string problem);
        return (executed, answers, problem, sent.ToArray());
    }

    private static byte[] Frame(byte[] payload) =>
    [
        .. BitConverter.GetBytes(AgentProtocol.FrameMagic), .. BitConverter.GetBytes(1u), .. BitConverter.GetBytes(payload.Length),
        .. BitConverter.GetBytes(Crc32.Of(payload)), .. payload,
    ];
}
