namespace Orrery.Virtio;

/// <summary>
/// Carries a device to a driver in the same process and timeline (<see cref="InProcessDriver"/>): the same rings and the
/// same order of notifications as over a socket, by calls.
/// </summary>
public sealed class InProcessDevice : VirtioTransport, IDisposable
{
    private InProcessDriver? _driver;

    /// <summary>A device that waits for its driver.</summary>
    /// <param name="name">The device's name in messages: node and device.</param>
    /// <param name="device">What is carried.</param>
    /// <param name="clock">The calendar that holds the machine.</param>
    /// <param name="scheduler">Runs interrupts in simulated time.</param>
    /// <param name="faults">Told, once, when the driver has broken a rule.</param>
    public InProcessDevice(
        string name, IVirtioDevice device, IGuestClock clock, IDeviceScheduler scheduler, Action<DeviceFault> faults)
        : base(name, device, clock, scheduler, faults)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (State == TransportState.Connected)
        {
            Disconnect(TransportState.Gone);
        }
    }

    internal void Connect(InProcessDriver driver)
    {
        if (State != TransportState.Idle)
        {
            throw new InvalidOperationException($"{Name} serves one driver, and has had it.");
        }

        _driver = driver;
        State = TransportState.Connected;
    }

    internal void Start(ulong features)
    {
        Features = features;
        Device.Start(features);
    }

    internal unsafe void Share(DriverMemory memory)
        => Memory = GuestMemory.OfProcess(memory.Start, memory.Bytes, DriverMemory.Address, memory.Array);

    internal void SetUp(int index, int size, RingAddresses addresses)
    {
        if (RingMemory.Locate(Memory!, addresses, size, out RingMemory ring) is string part)
        {
            throw new InvalidOperationException($"{Name}: the {part} of ring {index} is not in the driver's memory.");
        }

        Queues[index].SetUp(new SplitRing(Memory!, ring, (VirtioFeatures)Features, start: 0));
    }

    internal void Enable(int index, bool enabled)
    {
        if (enabled)
        {
            Queues[index].Enable();
        }
        else
        {
            Queues[index].Disable();
        }
    }

    /// <summary>The driver kicks; when this returns, the kick is answered.</summary>
    internal void KickFromDriver(int index)
    {
        Enter();
        Kick(index);
        Leave();
    }

    internal void ReadConfiguration(int offset, Span<byte> value)
    {
        ConfigurationRead();
        Span<byte> configuration = stackalloc byte[VhostUserHeader.ConfigurationBytesMax];
        configuration.Clear();
        Device.ReadConfiguration(configuration[..Device.ConfigurationBytes]);
        configuration.Slice(offset, value.Length).CopyTo(value);
    }

    /// <summary>The driver's memory is about to go.</summary>
    internal void DriverGone() => Dispose();

    private protected override void CallInsideKick(ulong calls) => _driver!.Interrupted(calls, configuration: false);

    private protected override void Interrupt(ulong calls, bool configuration) => _driver!.Interrupted(calls, configuration);

    private protected override void CloseConnection()
    {
        InProcessDriver? driver = _driver;
        _driver = null;
        driver?.DeviceGone();
    }
}
