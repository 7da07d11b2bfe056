namespace Orrery.Virtio;

/// <summary>A ring that a driver wants, and the buffers that belong to it: one per descriptor.</summary>
/// <param name="Size">Descriptors: a power of two.</param>
/// <param name="BufferBytes">Bytes of each buffer.</param>
public readonly record struct DriverQueueLayout(int Size, int BufferBytes);

/// <summary>
/// A driver for one class of device. A <see cref="DriverTransport"/> joins it to a device, over a socket or inside one
/// process. Its members run in simulated time, inside its machine's turn.
/// </summary>
public interface IVirtioDriver
{
    /// <summary>The class features it can use.</summary>
    ulong Features { get; }

    /// <summary>The rings it wants, in the order of the device class.</summary>
    IReadOnlyList<DriverQueueLayout> Queues { get; }

    /// <summary>The rings are there and enabled: the driver makes its receive buffers available.</summary>
    void Start(DriverTransport transport);

    /// <summary>The device has given buffers back on a ring, and called.</summary>
    void Process(DriverQueue queue);

    /// <summary>The device's configuration has changed.</summary>
    void ConfigurationChanged();
}

/// <summary>The machine that a driver runs in, as its transport needs it.</summary>
public interface IDriverHost
{
    /// <summary>Before anything that others can see: the calendar is brought to the machine's time (UPDATE, or schedule memory).</summary>
    void Propagate();

    /// <summary>
    /// The device interrupts. Called outside simulated time, whatever the machine does: it puts the interrupt on the
    /// calendar, now, and returns; only then is the device answered. In simulated time the interrupt's handler calls
    /// <see cref="DriverTransport.HandleInterrupt"/>.
    /// </summary>
    void InterruptArrived();

    /// <summary>The device has gone (null) or has broken a rule; its driver has stopped. Called once.</summary>
    void DeviceLost(DeviceFault? fault);
}
