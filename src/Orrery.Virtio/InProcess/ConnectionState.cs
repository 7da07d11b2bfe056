namespace Orrery.Virtio;

/// <summary>
/// Everything between a driver and its device inside one process, as plain values, taken while neither runs
/// (<see cref="InProcessDriver.Save"/>).
/// </summary>
/// <param name="Calls">Rings the device has called for and the driver has not looked at: a bit for each.</param>
/// <param name="ConfigurationChanged">The device has told of a change that the driver has not looked at.</param>
/// <param name="Suspended">The machine sleeps: rings are disabled.</param>
/// <param name="FlushRequested">The device has asked for a flush that is still to come.</param>
/// <param name="ConfigurationUnread">The driver has not read the configuration since it changed.</param>
/// <param name="ConfigurationRepeats">How often it was told.</param>
/// <param name="Rings">All rings, in the order of the device class.</param>
public sealed record ConnectionState(
    ulong Calls,
    bool ConfigurationChanged,
    bool Suspended,
    bool FlushRequested,
    bool ConfigurationUnread,
    int ConfigurationRepeats,
    IReadOnlyList<RingState> Rings);

/// <summary>A ring of which neither side is at work: what the device has taken it has given back.</summary>
/// <param name="AvailableIndex">Buffers made available since the ring was set up, modulo 2^16.</param>
/// <param name="Free">Buffers that can be lent, in the order in which they will be.</param>
/// <param name="Available">Buffers that the device has not taken, oldest first.</param>
/// <param name="Used">Buffers that the driver has not taken back, oldest first.</param>
/// <param name="UsedEvent">The used index after which the driver wants a call.</param>
/// <param name="AvailableEvent">The available index after which the device wants a kick.</param>
/// <param name="Enabled">The driver has enabled the ring.</param>
/// <param name="KicksWanted">The device wants to be told of new buffers.</param>
/// <param name="CallPending">The driver is to be called at the next flush.</param>
/// <param name="LookAgain">The device is to look at the ring at the next kick, whichever ring it is for.</param>
/// <param name="KickMissed">Buffers were made available while the machine slept.</param>
public sealed record RingState(
    ushort AvailableIndex,
    IReadOnlyList<ushort> Free,
    IReadOnlyList<BufferState> Available,
    IReadOnlyList<BufferState> Used,
    ushort UsedEvent,
    ushort AvailableEvent,
    bool Enabled,
    bool KicksWanted,
    bool CallPending,
    bool LookAgain,
    bool KickMissed);

/// <summary>A buffer of a ring that is not free.</summary>
/// <param name="Number">Its descriptor.</param>
/// <param name="DeviceWritable">The device writes it; else it reads it.</param>
/// <param name="Length">Bytes that are lent.</param>
/// <param name="Content">What the device is to read, or what it has written.</param>
public sealed record BufferState(ushort Number, bool DeviceWritable, int Length, byte[] Content);
