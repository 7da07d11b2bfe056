using System.Collections.Concurrent;

namespace Orrery.Network;

/// <summary>Frames that are on no wire, for reuse by any thread; in a steady state nothing is allocated.</summary>
internal sealed class FramePool
{
    /// <summary>Room for what makes up most of a lab's frames: ARP, ICMP, acknowledgements.</summary>
    private const int SmallCapacity = 256;

    /// <summary>Room for a full frame of 1514 bytes.</summary>
    private const int LargeCapacity = 2048;

    /// <summary>Frames kept of each capacity; more go to the garbage collector.</summary>
    private const int KeptMax = 4096;

    private readonly ConcurrentQueue<Frame> _small = new();
    private readonly ConcurrentQueue<Frame> _large = new();

    /// <summary>A frame with a copy of <paramref name="bytes"/>.</summary>
    public Frame Take(ReadOnlySpan<byte> bytes)
    {
        int capacity = bytes.Length <= SmallCapacity ? SmallCapacity : Math.Max(LargeCapacity, bytes.Length);
        if (QueueOf(capacity) is not { } queue || !queue.TryDequeue(out Frame? frame))
        {
            frame = new Frame(this, capacity);
        }

        frame.Fill(bytes);
        return frame;
    }

    public void Return(Frame frame)
    {
        frame.End = null;
        if (QueueOf(frame.Capacity) is { } queue && queue.Count < KeptMax)
        {
            queue.Enqueue(frame);
        }
    }

    /// <summary>Null: such large frames are not kept.</summary>
    private ConcurrentQueue<Frame>? QueueOf(int capacity) => capacity switch
    {
        SmallCapacity => _small,
        LargeCapacity => _large,
        _ => null,
    };
}
