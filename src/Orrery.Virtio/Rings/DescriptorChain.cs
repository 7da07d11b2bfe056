namespace Orrery.Virtio;

/// <summary>
/// One buffer that the driver has made available: readable bytes, then writable ones, in as many pieces as the driver
/// chose (VIRTIO 1.2, 2.7.4). Read and written from front to back, each byte once: what was read is this side's own copy.
/// </summary>
public sealed unsafe class DescriptorChain
{
    private Segment[] _segments = new Segment[4];
    private int _count;
    private int _readable;
    private int _readSegment;
    private uint _readOffset;
    private int _writeSegment;
    private uint _writeOffset;

    private readonly record struct Segment(nint Start, uint Length);

    /// <summary>Bytes the driver has left to read.</summary>
    public long ReadableBytes { get; private set; }

    /// <summary>Room the driver has left for bytes to be written.</summary>
    public long WritableBytes { get; private set; }

    /// <summary>Bytes written so far: what the driver is told when the buffer is completed.</summary>
    public uint Written { get; private set; }

    /// <summary>The index of the first descriptor: the buffer's identity until it is completed.</summary>
    internal ushort Head { get; private set; }

    /// <summary>Takes the next readable bytes.</summary>
    /// <returns>Bytes taken: fewer than asked for at the end of the buffer.</returns>
    public int Read(Span<byte> destination)
    {
        int done = 0;
        while (done < destination.Length && _readSegment < _readable)
        {
            Segment segment = _segments[_readSegment];
            int bytes = (int)Math.Min((uint)(destination.Length - done), segment.Length - _readOffset);
            new ReadOnlySpan<byte>((byte*)segment.Start + _readOffset, bytes).CopyTo(destination[done..]);
            done += bytes;
            _readOffset += (uint)bytes;
            if (_readOffset == segment.Length)
            {
                _readSegment++;
                _readOffset = 0;
            }
        }

        ReadableBytes -= done;
        return done;
    }

    /// <summary>Writes the next bytes.</summary>
    /// <returns>Bytes written: fewer than given when the buffer is full.</returns>
    public int Write(ReadOnlySpan<byte> source)
    {
        int done = 0;
        while (done < source.Length && _writeSegment < _count)
        {
            Segment segment = _segments[_writeSegment];
            int bytes = (int)Math.Min((uint)(source.Length - done), segment.Length - _writeOffset);
            source.Slice(done, bytes).CopyTo(new Span<byte>((byte*)segment.Start + _writeOffset, bytes));
            done += bytes;
            _writeOffset += (uint)bytes;
            if (_writeOffset == segment.Length)
            {
                _writeSegment++;
                _writeOffset = 0;
            }
        }

        WritableBytes -= done;
        Written += (uint)done;
        return done;
    }

    internal void Begin(ushort head)
    {
        Head = head;
        _count = _readable = _readSegment = _writeSegment = 0;
        _readOffset = _writeOffset = Written = 0;
        ReadableBytes = WritableBytes = 0;
    }

    /// <returns>False when a readable segment follows a writable one.</returns>
    internal bool TryAdd(byte* start, uint length, bool writable)
    {
        if (_count == _segments.Length)
        {
            // Grows to the longest chain ever seen, then never again.
            Array.Resize(ref _segments, 2 * _count);
        }

        _segments[_count++] = new Segment((nint)start, length);
        if (writable)
        {
            WritableBytes += length;
            _writeSegment = _readable;
            return true;
        }

        _writeSegment = _readable = _readable + 1;
        ReadableBytes += length;
        return _readable == _count;
    }
}
