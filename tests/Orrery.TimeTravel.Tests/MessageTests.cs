using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Posix;
using Xunit;

namespace Orrery.TimeTravel.Tests;

/// <summary>The 16 bytes (um_timetravel, "Message layout") and their reassembly.</summary>
public class MessageTests
{
    [Fact]
    public void A_message_is_operation_number_and_time_in_16_bytes()
    {
        var message = new TimeTravelMessage(TimeTravelOperation.FreeUntil, 0x01020304, 0x1112131415161718);
        byte[] bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<TimeTravelMessage>(in message)).ToArray();
        Assert.Equal([7, 0, 0, 0, 4, 3, 2, 1, 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11], bytes);
    }

    [Theory]
    [InlineData(TimeTravelOperation.Request, 5, "REQUEST 5")]
    [InlineData(TimeTravelOperation.Wait, ulong.MaxValue, "WAIT")]
    [InlineData(TimeTravelOperation.Start, ulong.MaxValue, "START without identification")]
    [InlineData((TimeTravelOperation)77, 1, "operation 77 1")]
    public void A_message_is_shown_with_what_its_time_means(TimeTravelOperation operation, ulong time, string text) =>
        Assert.Equal(text, new TimeTravelMessage(operation, 9, time).ToString());

    [Fact]
    public void Messages_are_put_together_however_they_are_cut()
    {
        Prop.ForAll(
            Gen.Choose(1, 40).ArrayOf().ToArbitrary(),
            Gen.Choose(0, 40).ToArbitrary(),
            (cuts, count) =>
            {
                (FileDescriptor near, FileDescriptor far) = UnixSocket.CreatePair();
                using var stream = new MessageStream(near);
                using (far)
                {
                    TimeTravelMessage[] sent = [.. Enumerable.Range(0, count).Select(
                        i => new TimeTravelMessage((TimeTravelOperation)(i % 10), (uint)i, (ulong)i << 40))];
                    ReadOnlySpan<byte> rest = MemoryMarshal.AsBytes<TimeTravelMessage>(sent);
                    var received = new List<TimeTravelMessage>();
                    int next = 0;
                    while (!rest.IsEmpty)
                    {
                        int length = cuts.Length == 0 ? rest.Length : Math.Min(rest.Length, cuts[next++ % cuts.Length]);
                        UnixSocket.Send(far, rest[..length]);
                        rest = rest[length..];
                        while (stream.Receive(wait: false) > 0)
                        {
                            while (stream.TryTake(out TimeTravelMessage message))
                            {
                                received.Add(message);
                            }
                        }
                    }

                    Assert.Equal(sent, received);
                    Assert.Equal(0, stream.PartialBytes);
                }
            }).Check(Config.QuickThrowOnFailure);
    }

    [Fact]
    public void A_peer_that_does_not_read_is_told_apart_from_one_that_is_gone()
    {
        (FileDescriptor near, FileDescriptor far) = UnixSocket.CreatePair();
        using var stream = new MessageStream(near);
        var message = new TimeTravelMessage(TimeTravelOperation.Get, 1, 0);
        int result = 0;
        for (int i = 0; i < 100_000 && result == 0; i++)
        {
            result = stream.Send([message]);
        }

        Assert.Equal(-Errno.EAGAIN, result);
        far.Dispose();
        Assert.Equal(-Errno.EPIPE, stream.Send([message]));
    }
}
