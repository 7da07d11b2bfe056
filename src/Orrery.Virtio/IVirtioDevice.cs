namespace Orrery.Virtio;

/// <summary>
/// A class of device (VIRTIO 1.2, section 5): what its rings and its configuration mean. It knows nothing of how a guest
/// reaches it; a <see cref="VirtioTransport"/> carries it, over a socket or inside one process.
/// </summary>
public interface IVirtioDevice
{
    /// <summary>The virtio device id (section 5).</summary>
    int DeviceId { get; }

    /// <summary>How many rings it has, at most <see cref="VirtioTransport.QueuesMax"/>.</summary>
    int QueueCount { get; }

    /// <summary>The class's own feature bits; the transport adds those of rings.</summary>
    ulong Features { get; }

    /// <summary>Bytes of configuration space.</summary>
    int ConfigurationBytes { get; }

    /// <summary>Fills <paramref name="configuration"/>, which is <see cref="ConfigurationBytes"/> long.</summary>
    void ReadConfiguration(Span<byte> configuration);

    /// <summary>The driver writes to configuration space, inside its bounds.</summary>
    /// <returns>False when the field cannot be written.</returns>
    bool TryWriteConfiguration(int offset, ReadOnlySpan<byte> value);

    /// <summary>Joins the device to its transport, once, before anything else.</summary>
    void Attach(VirtioTransport transport);

    /// <summary>A driver has taken over, with these features. Comes again when it starts over.</summary>
    void Start(ulong features);

    /// <summary>
    /// The driver has made buffers available on <paramref name="queue"/>, now, while its guest waits for an answer.
    /// The device takes what it wants, completes it and publishes the completions.
    /// </summary>
    void Process(VirtioQueue queue);
}
