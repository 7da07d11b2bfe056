namespace Orrery.Virtio;

/// <summary>Where a console driver hands its input.</summary>
public interface IConsoleDriverEvents
{
    /// <summary>Input has come. Its bytes are good during the call only.</summary>
    void InputReceived(ReadOnlySpan<byte> bytes);
}

/// <summary>Drives a console of one port (VIRTIO 1.2, 5.3).</summary>
public sealed class VirtioConsoleDriver : IVirtioDriver
{
    private const int BufferBytes = 256;
    private const int Buffers = 8;

    private readonly BufferReceiver _receive;
    private DriverTransport? _transport;

    /// <summary>A driver without its device.</summary>
    public VirtioConsoleDriver(IConsoleDriverEvents events) => _receive = events.InputReceived;

    /// <inheritdoc/>
    public ulong Features => 0;

    /// <inheritdoc/>
    public IReadOnlyList<DriverQueueLayout> Queues { get; } =
        [new DriverQueueLayout(Buffers, BufferBytes), new DriverQueueLayout(Buffers, BufferBytes)];

    /// <inheritdoc/>
    public void Start(DriverTransport transport)
    {
        _transport = transport;
        DriverQueue input = transport.Queues[VirtioConsoleDevice.InputQueue];
        while (input.TryGetFree(out Span<byte> buffer))
        {
            input.Offer(buffer.Length, deviceWritable: true);
        }

        transport.Queues[VirtioConsoleDevice.OutputQueue].SetCallsWanted(false);
        input.Publish();
    }

    /// <inheritdoc/>
    public void Process(DriverQueue queue)
    {
        if (queue.Index == VirtioConsoleDevice.InputQueue)
        {
            queue.Receive(_receive);
        }
        else
        {
            queue.Reclaim();
        }
    }

    /// <inheritdoc/>
    public void ConfigurationChanged()
    {
    }

    /// <summary>Writes to the console, now.</summary>
    /// <returns>Bytes taken: fewer than given when all buffers are lent, or the device is gone.</returns>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        if (_transport is null)
        {
            return 0;
        }

        DriverQueue queue = _transport.Queues[VirtioConsoleDevice.OutputQueue];
        int done = 0;
        while (done < bytes.Length)
        {
            queue.Reclaim();
            if (!queue.TryGetFree(out Span<byte> buffer))
            {
                break;
            }

            int count = Math.Min(buffer.Length, bytes.Length - done);
            bytes.Slice(done, count).CopyTo(buffer);
            queue.Offer(count, deviceWritable: false);
            queue.Publish();
            done += count;
        }

        return done;
    }
}
