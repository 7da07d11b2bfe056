namespace Orrery.Virtio;

/// <summary>Feature bits of the transport (VIRTIO 1.2, section 6; vhost-user, "Feature bits").</summary>
[Flags]
public enum VirtioFeatures : ulong
{
    /// <summary>No feature.</summary>
    None = 0,

    /// <summary>VIRTIO_F_INDIRECT_DESC: a descriptor may refer to a table of descriptors.</summary>
    IndirectDescriptors = 1UL << 28,

    /// <summary>VIRTIO_F_EVENT_IDX: each side names the index at which it wants to be told.</summary>
    EventIndex = 1UL << 29,

    /// <summary>VHOST_USER_F_PROTOCOL_FEATURES: the connection has features of its own.</summary>
    ProtocolFeatures = 1UL << 30,

    /// <summary>VIRTIO_F_VERSION_1: little-endian layout of version 1.</summary>
    Version1 = 1UL << 32,

    /// <summary>What this library's rings can do.</summary>
    Ring = IndirectDescriptors | EventIndex | Version1,
}
