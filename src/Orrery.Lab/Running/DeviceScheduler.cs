using Orrery.Simulation;
using Orrery.Virtio;

namespace Orrery.Lab.Running;

/// <summary>The interrupts of one device as events of its guest's timeline, after all frames of an instant.</summary>
public sealed class DeviceScheduler(Timeline timeline, Origin origin) : IDeviceScheduler, IEventHandler
{
    private VirtioTransport? _transport;

    /// <summary>The device whose interrupts these are, when a flush is restored that was requested before.</summary>
    public void Join(VirtioTransport transport) => _transport = transport;

    /// <inheritdoc/>
    public void RequestFlush(VirtioTransport transport, ulong delayNanoseconds)
    {
        _transport = transport;
        timeline.Schedule(
            timeline.Now + SimDuration.FromNanoseconds(delayNanoseconds), EventPriority.Devices, origin, this);
    }

    void IEventHandler.Handle(Timeline now, ulong argument) => _transport!.Flush();
}
