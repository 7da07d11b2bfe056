using System.Buffers.Binary;
using System.Net.Sockets;

namespace Orrery.Cli.Tests;

/// <summary>A calendar for one participant: answers every request and grants every turn, until it is told to do otherwise.</summary>
/// <param name="path">Where it listens.</param>
/// <param name="answer">
/// Given a message, says what to send; null: what is right. After half a message the connection is closed.
/// </param>
internal sealed class MockCalendar(string path, Func<TimeMessage, byte[]?> answer) : MockPeer(path)
{
    /// <inheritdoc/>
    protected override void Serve(Socket peer)
    {
        var bytes = new byte[TimeMessage.Size];
        ulong? requested = null;
        ulong now = 0;
        while (TryReceive(peer, bytes))
        {
            TimeMessage message = TimeMessage.Read(bytes);
            if (message.Operation == TimeMessage.Ack)
            {
                continue; // of a RUN
            }

            if (message.Operation == TimeMessage.Request)
            {
                requested = message.Time;
            }

            ulong? granted = message.Operation == TimeMessage.Wait ? requested : null;
            byte[] reply = answer(message)
                ?? [
                    .. new TimeMessage(TimeMessage.Ack, message.Sequence, message.Operation == TimeMessage.Get ? now : 0).ToBytes(),
                    .. granted is { } time ? new TimeMessage(TimeMessage.Run, 0, time).ToBytes() : [],
                ];
            requested = message.Operation == TimeMessage.Wait ? null : requested;
            now = granted ?? (message.Operation == TimeMessage.Update ? message.Time : now);
            peer.Send(reply);
            if (reply.Length % TimeMessage.Size != 0)
            {
                return;
            }
        }
    }
}

/// <summary><c>struct um_timetravel_msg</c>: operation, sequence number, time in nanoseconds.</summary>
internal readonly record struct TimeMessage(uint Operation, uint Sequence, ulong Time)
{
    public const int Size = 16;
    public const uint Ack = 0, Start = 1, Request = 2, Wait = 3, Get = 4, Update = 5, Run = 6;

    public static TimeMessage Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));

    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Operation);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), Time);
        return bytes;
    }
}
