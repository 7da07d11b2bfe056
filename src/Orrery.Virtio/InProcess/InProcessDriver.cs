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

    /// <summary>Everything between driver and device, while neither runs and neither is gone.</summary>
    public ConnectionState Save() => new(
        Announced.Calls, Announced.ConfigurationChanged, IsSuspended,
        _device.Requests.FlushRequested, _device.Requests.ConfigurationUnread, _device.Requests.ConfigurationRepeats,
        [.. Queues.Select(queue => queue.Save(_device.Queues[queue.Index]))]);

    /// <summary>Takes the place of the connection that was saved. This one has just been started.</summary>
    /// <param name="state">Not trusted.</param>
    /// <returns>What is wrong with the state, with its place; null when nothing is. Then this one is of no further use.</returns>
    public string? Restore(ConnectionState state)
    {
        if (state.Rings.Count != Queues.Count)
        {
            return $"rings: {state.Rings.Count} were saved, but there are {Queues.Count}";
        }

        if (state.Calls >> Queues.Count != 0)
        {
            return $"calls: 0x{state.Calls:x} names more than {Queues.Count} rings";
        }

        if (state.ConfigurationRepeats is < 0 or > VirtioTransport.RepeatsMax)
        {
            return $"configuration_repeats: {state.ConfigurationRepeats} is not 0 to {VirtioTransport.RepeatsMax}";
        }

        for (int i = 0; i < Queues.Count; i++)
        {
            if (state.Rings[i].Enabled == state.Suspended)
            {
                return $"rings[{i}]: is enabled while the machine sleeps, or not while it does not";
            }

            if (Queues[i].Restore(state.Rings[i], _device.Queues[i]) is { } problem)
            {
                return $"rings[{i}]: {problem}";
            }
        }

        Announced = (state.Calls, state.ConfigurationChanged, state.Suspended);
        _device.Requests = (state.FlushRequested, state.ConfigurationUnread, state.ConfigurationRepeats);
        return null;
    }

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
