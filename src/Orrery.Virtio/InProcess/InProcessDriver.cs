namespace Orrery.Virtio;

/// <summary>Reaches a device in the same process and timeline (<see cref="InProcessDevice"/>).</summary>
public sealed class InProcessDriver : DriverTransport
{
    private readonly InProcessDevice _device;

    /// <summary>The driver of <paramref name="device"/>.</summary>
    /// <param name="name">The driver's name in messages: machine and device.</param>
    /// <param name="device">A device without a driver yet.</param>
    /// <param name="host">The machine.</param>
    public InProcessDriver(string name, InProcessDevice device, IDriverHost host)
        : base(name, host)
    {
        _device = device;
        device.Connect(this);
        State = TransportState.Connected;
    }

    /// <inheritdoc/>
    public override bool TryReadConfiguration(int offset, Span<byte> value)
    {
        if (State != TransportState.Connected || offset + value.Length > VhostUserHeader.ConfigurationBytesMax)
        {
            return false;
        }

        _device.ReadConfiguration(offset, value);
        return true;
    }

    /// <inheritdoc/>
    public override bool TryWriteConfiguration(int offset, ReadOnlySpan<byte> value)
        => State == TransportState.Connected
            && offset + value.Length <= _device.Device.ConfigurationBytes
            && _device.Device.TryWriteConfiguration(offset, value);

    private protected override bool TryNegotiate(out ulong offered)
    {
        offered = _device.OfferedFeatures;
        return State == TransportState.Connected;
    }

    private protected override bool TrySetFeatures(ulong features)
    {
        _device.Start(features);
        return true;
    }

    private protected override DriverMemory CreateMemory(long bytes) => DriverMemory.CreatePrivate(bytes);

    private protected override bool TryShare(DriverMemory memory)
    {
        _device.Share(memory);
        return true;
    }

    private protected override bool TrySetUpRing(int index, int size, RingAddresses addresses)
    {
        _device.SetUp(index, size, addresses);
        return true;
    }

    private protected override bool TryEnableRing(int index, bool enabled)
    {
        _device.Enable(index, enabled);
        return true;
    }

    private protected override bool TryKick(int index)
    {
        _device.KickFromDriver(index);
        return State == TransportState.Connected;
    }

    private protected override void Close() => _device.DriverGone();
}
