namespace Orrery.Virtio;

/// <summary>
/// The rules a peer is held to: VIRTIO 1.2 section 2.7 for rings, the vhost-user protocol for messages, and the order of
/// notifications in simulated time. A fault names the one that was broken.
/// </summary>
public enum VirtioRule
{
    /// <summary>The available index moves by at most the queue size (2.7.6).</summary>
    AvailableIndex,

    /// <summary>Descriptor indices are below the queue size (2.7.5).</summary>
    DescriptorIndex,

    /// <summary>A chain has at most as many descriptors as the queue, and no loop (2.7.5.3).</summary>
    ChainLength,

    /// <summary>Readable descriptors come before writable ones (2.7.4.2).</summary>
    ReadableFirst,

    /// <summary>An indirect table is a multiple of 16 bytes, not empty, ends its chain and holds no other (2.7.5.3).</summary>
    IndirectTable,

    /// <summary>Addresses lie inside one region of the memory table.</summary>
    AddressInMemory,

    /// <summary>Memory stays as large as its table said.</summary>
    MemoryBacked,

    /// <summary>Buffers are readable or writable as the device class says (section 5).</summary>
    BufferDirection,

    /// <summary>A message's header has version 1, a known size and fitting flags.</summary>
    MessageHeader,

    /// <summary>A message's payload has the size its request prescribes.</summary>
    PayloadSize,

    /// <summary>A message brings exactly the file descriptors its request prescribes, of the right kind.</summary>
    FileDescriptors,

    /// <summary>A memory table has one to eight page-aligned regions that do not overlap and are backed by their files.</summary>
    MemoryTable,

    /// <summary>Ring indices are below the device's number of rings.</summary>
    RingIndex,

    /// <summary>A ring's size is a power of two up to 32768 and set before its addresses, which are set before it is enabled.</summary>
    RingSetup,

    /// <summary>Features are taken from those offered, and the needed ones are taken.</summary>
    Features,

    /// <summary>Configuration is read and written within its limit.</summary>
    ConfigurationRange,

    /// <summary>One request at a time: the next comes after the answer.</summary>
    OneRequestAtATime,

    /// <summary>A participant asks and notifies others only while it has the turn.</summary>
    Turn,

    /// <summary>An answer repeats the request's number, with flags 5 and 8 bytes.</summary>
    Answer,

    /// <summary>An answer comes within the wall-clock limit.</summary>
    AnswerInTime,

    /// <summary>A peer takes the messages that are sent to it.</summary>
    PeerReads,

    /// <summary>A connection ends between messages, after the rings were stopped.</summary>
    Disconnect,

    /// <summary>The used index moves by at most the number of buffers that are with the device (2.7.8).</summary>
    UsedIndex,

    /// <summary>A used entry names a buffer that is with the device (2.7.8).</summary>
    UsedBuffer,

    /// <summary>A device writes no more than a buffer's writable bytes (2.7.8).</summary>
    UsedLength,
}

/// <summary>A peer has broken a rule, and what was shared with it has stopped. Everything else goes on.</summary>
/// <param name="Device">The device (or driver) whose peer broke the rule.</param>
/// <param name="Rule">The rule.</param>
/// <param name="Found">What was seen, and what was expected.</param>
public sealed record DeviceFault(string Device, VirtioRule Rule, string Found)
{
    /// <summary>What a user can do about it.</summary>
    public string Remedy => Rule switch
    {
        VirtioRule.AnswerInTime or VirtioRule.PeerReads =>
            "Look at the peer's console for a crash or a loop; raise the answer limit if the host is that slow.",
        VirtioRule.Disconnect => "Look at the peer's console for why it went away.",
        VirtioRule.Features or VirtioRule.FileDescriptors or VirtioRule.MemoryTable =>
            "Check that the peer is a kernel or simulator of a supported version.",
        _ => "The peer is faulty; this device has stopped and its connection is closed. Restart the node to use it again.",
    };

    /// <inheritdoc/>
    public override string ToString() => $"{Device}: {Found} ({Rule}). {Remedy}";
}
