namespace Orrery.Virtio;

/// <summary>Takes the bytes that a device has written to a buffer; they are good during the call only.</summary>
public delegate void BufferReceiver(ReadOnlySpan<byte> written);

/// <summary>
/// A driver's ring, with one buffer per descriptor. A buffer is filled, offered, shown to the device by
/// <see cref="Publish"/>, and taken back when the device has used it.
/// </summary>
public sealed unsafe partial class DriverQueue
{
    private readonly DriverTransport _owner;
    private readonly SplitRingDriver _ring;
    private readonly byte* _buffers;
    private readonly ulong _buffersAddress;

    internal DriverQueue(DriverTransport owner, int index, SplitRingDriver ring, byte* buffers, ulong buffersAddress, int bufferBytes)
    {
        _owner = owner;
        Index = index;
        _ring = ring;
        _buffers = buffers;
        _buffersAddress = buffersAddress;
        BufferBytes = bufferBytes;
    }

    /// <summary>The ring's number.</summary>
    public int Index { get; }

    /// <summary>Buffers in all.</summary>
    public int Size => _ring.Size;

    /// <summary>Buffers that can be offered.</summary>
    public int Free => _ring.FreeDescriptors;

    /// <summary>Bytes of each buffer.</summary>
    public int BufferBytes { get; }

    /// <summary>Buffers were published while the ring was suspended, so the device has not been told.</summary>
    internal bool KickMissed { get; set; }

    /// <summary>The buffer that the next <see cref="Offer"/> lends.</summary>
    /// <returns>False when none is free.</returns>
    public bool TryGetFree(out Span<byte> buffer)
    {
        buffer = _ring.FreeDescriptors > 0 && _owner.IsUsable ? Buffer(_ring.NextHead) : default;
        return !buffer.IsEmpty;
    }

    /// <summary>Lends that buffer to the device.</summary>
    /// <param name="bytes">How much of it.</param>
    /// <param name="deviceWritable">True for the device to write, false for it to read.</param>
    public void Offer(int bytes, bool deviceWritable)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, BufferBytes);
        _ring.TryAdd([new RingSegment(AddressOf(_ring.NextHead), (uint)bytes, deviceWritable)], out _);
    }

    /// <summary>Shows what was offered to the device, and kicks it if it wants that.</summary>
    public void Publish()
    {
        if (_owner.IsUsable && _ring.Publish())
        {
            _owner.Kick(this);
        }
    }

    /// <summary>Takes a buffer back.</summary>
    /// <param name="written">What the device has written; good until something is offered.</param>
    /// <returns>False when none has come back.</returns>
    public bool TryTake(out ReadOnlySpan<byte> written)
    {
        written = default;
        if (!_owner.IsUsable)
        {
            return false;
        }

        RingResult result = _ring.TryTakeUsed(out ushort head, out uint bytes);
        switch (result)
        {
            case RingResult.Taken:
                written = Buffer(head)[..(int)bytes];
                return true;
            case RingResult.Broken:
                _owner.Fail(_ring.BrokenRule, $"ring {Index}: {_ring.Problem}");
                return false;
            default:
                return false;
        }
    }

    /// <summary>
    /// Takes all buffers that have come back, hands them on and lends them to the device again. A device that goes on giving
    /// buffers back while its driver has the turn breaks the protocol.
    /// </summary>
    /// <param name="received">Handed what was written to each.</param>
    public void Receive(BufferReceiver received)
    {
        int budget = 2 * Size;
        do
        {
            while (budget > 0 && TryTake(out ReadOnlySpan<byte> written))
            {
                budget--;
                received(written);
                Offer(BufferBytes, deviceWritable: true);
            }
        }
        while (budget > 0 && SetCallsWanted(true));

        // What the device gives back inside the kick comes with a call of its own.
        Publish();
        if (budget == 0)
        {
            _owner.Fail(VirtioRule.Turn, $"ring {Index}: more than {2 * Size} buffers came back while the driver had the turn");
        }
    }

    /// <summary>
    /// Takes all buffers back that the device has read, and asks for a call only when none is left to lend.
    /// </summary>
    public void Reclaim()
    {
        while (TryTake(out _))
        {
        }

        SetCallsWanted(Free == 0);
    }

    /// <summary>Tells the device whether to call when it gives buffers back.</summary>
    /// <returns>True when some have come back that no call will announce.</returns>
    public bool SetCallsWanted(bool wanted) => _owner.IsUsable && _ring.SetCallsWanted(wanted);

    private ulong AddressOf(ushort slot) => _buffersAddress + ((ulong)slot * (ulong)BufferBytes);

    private Span<byte> Buffer(int slot) => new(_buffers + ((long)slot * BufferBytes), BufferBytes);
}
