namespace Orrery.Virtio;

/// <summary>Where a console's output goes.</summary>
public interface IConsoleBackend
{
    /// <summary>The guest writes <paramref name="bytes"/>, now. They are valid during the call only.</summary>
    void Write(ReadOnlySpan<byte> bytes);
}

/// <summary>
/// A console with one port (VIRTIO 1.2, 5.3), a Linux guest's <c>hvc0</c>. Its driver spins until an output buffer comes
/// back, so output is taken inside the kick.
/// </summary>
public sealed class VirtioConsoleDevice : IVirtioDevice
{
    /// <summary>The most input that waits for the guest to make buffers available.</summary>
    public const int InputBytesMax = 1 << 16;

    /// <summary>The rings (5.3.2): to the guest, from the guest.</summary>
    internal const int InputQueue = 0, OutputQueue = 1;

    private readonly IConsoleBackend _backend;
    private readonly byte[] _piece = new byte[4096];

    // A ring: input that no buffer was there for.
    private byte[] _input = [];
    private int _inputStart;
    private VirtioTransport _transport = null!;

    /// <summary>A console.</summary>
    /// <param name="backend">Where output goes.</param>
    public VirtioConsoleDevice(IConsoleBackend backend) => _backend = backend;

    /// <summary>Bytes of input that wait for a buffer.</summary>
    public int InputWaiting { get; private set; }

    /// <inheritdoc/>
    public int DeviceId => 3;

    /// <inheritdoc/>
    public int QueueCount => 2;

    /// <summary>None: a console of one port whose size is unknown.</summary>
    public ulong Features => 0;

    /// <summary>Columns, rows, ports, emergency write (5.3.4); all zero, as no feature gives them a meaning.</summary>
    public int ConfigurationBytes => 12;

    /// <inheritdoc/>
    public void ReadConfiguration(Span<byte> configuration) => configuration.Clear();

    /// <inheritdoc/>
    public bool TryWriteConfiguration(int offset, ReadOnlySpan<byte> value) => false;

    /// <inheritdoc/>
    public void Attach(VirtioTransport transport)
    {
        _transport = transport;
        transport.Queues[InputQueue].KicksWanted = false;
    }

    /// <inheritdoc/>
    public void Start(ulong features)
    {
    }

    /// <inheritdoc/>
    public void Process(VirtioQueue queue)
    {
        if (queue.Index == InputQueue)
        {
            FillInput(queue);
        }
        else
        {
            TakeOutput(queue);
        }
    }

    /// <summary>Types at the console: as much as the guest has buffers for now, the rest when it makes more available.</summary>
    /// <returns>False when more than <see cref="InputBytesMax"/> would wait; nothing is taken then.</returns>
    public bool TryInput(ReadOnlySpan<byte> bytes)
    {
        if (InputWaiting + bytes.Length > InputBytesMax)
        {
            return false;
        }

        Store(bytes);
        VirtioQueue queue = _transport.Queues[InputQueue];
        queue.KicksWanted = true;
        if (_transport.TryEnter())
        {
            FillInput(queue);
            _transport.Leave();
        }

        return true;
    }

    private void TakeOutput(VirtioQueue queue)
    {
        while (queue.TryTake(out DescriptorChain chain))
        {
            if (chain.WritableBytes > 0)
            {
                queue.Reject($"an output buffer with {chain.WritableBytes} writable bytes");
                return;
            }

            for (int count = chain.Read(_piece); count > 0; count = chain.Read(_piece))
            {
                _backend.Write(_piece.AsSpan(0, count));
            }

            queue.Complete(chain);
        }

        queue.Publish();
    }

    private void FillInput(VirtioQueue queue)
    {
        while (InputWaiting > 0 && queue.TryTake(out DescriptorChain chain))
        {
            if (chain.ReadableBytes > 0)
            {
                queue.Reject($"an input buffer with {chain.ReadableBytes} readable bytes");
                return;
            }

            while (InputWaiting > 0 && chain.WritableBytes > 0)
            {
                int run = Math.Min(InputWaiting, _input.Length - _inputStart);
                int written = chain.Write(_input.AsSpan(_inputStart, run));
                _inputStart = (_inputStart + written) % _input.Length;
                InputWaiting -= written;
            }

            queue.Complete(chain);
        }

        queue.KicksWanted = InputWaiting > 0;
        queue.Publish();
    }

    private void Store(ReadOnlySpan<byte> bytes)
    {
        if (InputWaiting + bytes.Length > _input.Length)
        {
            var larger = new byte[Math.Clamp(2 * (InputWaiting + bytes.Length), 256, InputBytesMax)];
            int first = Math.Min(InputWaiting, _input.Length - _inputStart);
            _input.AsSpan(_inputStart, first).CopyTo(larger);
            _input.AsSpan(0, InputWaiting - first).CopyTo(larger.AsSpan(first));
            _input = larger;
            _inputStart = 0;
        }

        int end = (_inputStart + InputWaiting) % Math.Max(_input.Length, 1);
        int tail = Math.Min(bytes.Length, _input.Length - end);
        bytes[..tail].CopyTo(_input.AsSpan(end));
        bytes[tail..].CopyTo(_input);
        InputWaiting += bytes.Length;
    }
}
