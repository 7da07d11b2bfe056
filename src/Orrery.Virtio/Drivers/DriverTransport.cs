using System.Numerics;

namespace Orrery.Virtio;

/// <summary>
/// Joins a driver to its device: memory, rings, notifications. What is common to all ways of reaching a device is here.
/// </summary>
/// <remarks>
/// Interrupts come in two halves. Outside simulated time the transport notes what the device has said, has the machine put
/// the interrupt on the calendar, and answers. In simulated time the machine's handler calls <see cref="HandleInterrupt"/>.
/// </remarks>
public abstract unsafe class DriverTransport : IDisposable
{
    private readonly IDriverHost _host;
    private DriverQueue[] _queues = [];
    private IVirtioDriver? _driver;
    private DriverMemory? _memory;
    private ulong _calls;
    private bool _configurationChanged;
    private bool _kicking;

    private protected DriverTransport(string name, IDriverHost host)
    {
        Name = name;
        _host = host;
    }

    /// <summary>The driver's name in messages: machine and device.</summary>
    public string Name { get; }

    /// <summary>How far the device has come.</summary>
    public TransportState State { get; private protected set; }

    /// <summary>The rule the device has broken, in state <see cref="TransportState.Faulted"/>.</summary>
    public DeviceFault? Fault { get; private set; }

    /// <summary>The features that are in use.</summary>
    public ulong Features { get; private set; }

    /// <summary>The driver's rings, once it has started.</summary>
    public IReadOnlyList<DriverQueue> Queues => _queues;

    /// <summary>The machine sleeps: rings are disabled and kicks go nowhere.</summary>
    public bool IsSuspended { get; private set; }

    internal bool IsUsable => State == TransportState.Connected && _memory is not null;

    /// <summary>Negotiates, shares memory, sets the rings up, enables them and starts the driver.</summary>
    /// <returns>False when the device is gone or has broken a rule.</returns>
    /// <exception cref="InvalidOperationException">The transport has a driver already.</exception>
    public bool TryStart(IVirtioDriver driver)
    {
        if (_driver is not null)
        {
            throw new InvalidOperationException($"{Name} has its driver already.");
        }

        _driver = driver;
        if (!TryNegotiate(out ulong offered))
        {
            return false;
        }

        Features = offered & (driver.Features | (ulong)VirtioFeatures.Ring);
        return TrySetFeatures(Features) && TryShareMemory(driver.Queues) && TryEnableAll(true) && StartDriver();
    }

    /// <summary>
    /// Hands what the device has announced to the driver. For the machine's interrupt handler, in simulated time.
    /// </summary>
    public void HandleInterrupt()
    {
        ulong calls = _calls;
        bool changed = _configurationChanged;
        _calls = 0;
        _configurationChanged = false;
        for (; calls != 0 && IsUsable; calls &= calls - 1)
        {
            _driver!.Process(_queues[BitOperations.TrailingZeroCount(calls)]);
        }

        if (changed && IsUsable)
        {
            _driver!.ConfigurationChanged();
        }
    }

    /// <summary>Disables all rings; indices and buffers stay (the machine goes to sleep).</summary>
    public void Suspend()
    {
        if (!IsSuspended)
        {
            IsSuspended = true;
            TryEnableAll(false);
        }
    }

    /// <summary>Enables all rings again and makes up for the kicks that went nowhere.</summary>
    public void Resume()
    {
        if (!IsSuspended || !TryEnableAll(true))
        {
            return;
        }

        IsSuspended = false;
        foreach (DriverQueue queue in _queues)
        {
            if (queue.KickMissed)
            {
                queue.KickMissed = false;
                Kick(queue);
            }
        }
    }

    /// <summary>Reads from the device's configuration, in no simulated time.</summary>
    /// <returns>False when the device has none, or is gone.</returns>
    public abstract bool TryReadConfiguration(int offset, Span<byte> value);

    /// <summary>Writes to the device's configuration, in no simulated time.</summary>
    /// <returns>False when the device does not take it, or is gone.</returns>
    public abstract bool TryWriteConfiguration(int offset, ReadOnlySpan<byte> value);

    /// <summary>Stops the rings, last first, and leaves the device.</summary>
    public void Dispose()
    {
        if (State == TransportState.Connected && TryEnableAll(false))
        {
            State = TransportState.Gone;
            Close();
        }

        ReleaseMemory();
        GC.SuppressFinalize(this);
    }

    internal void Kick(DriverQueue queue)
    {
        if (IsSuspended)
        {
            queue.KickMissed = true;
            return;
        }

        if (!IsUsable)
        {
            return;
        }

        if (_kicking)
        {
            throw new InvalidOperationException($"{Name}: a kick inside a kick. An interrupt is handled in its own time.");
        }

        _kicking = true;
        _host.Propagate();
        TryKick(queue.Index);
        _kicking = false;
    }

    /// <summary>The device has broken a rule: the driver stops.</summary>
    internal void Fail(VirtioRule rule, string found)
    {
        if (State == TransportState.Connected)
        {
            Fault = new DeviceFault(Name, rule, found);
            Lose(TransportState.Faulted);
        }
    }

    /// <summary>The device is gone.</summary>
    internal void DeviceGone()
    {
        if (State == TransportState.Connected)
        {
            Lose(TransportState.Gone);
        }
    }

    /// <summary>Outside simulated time: the device has called for rings or told of a configuration change.</summary>
    internal void Interrupted(ulong calls, bool configuration)
    {
        _calls |= calls;
        _configurationChanged |= configuration;
        _host.InterruptArrived();
    }

    /// <summary>What the device has announced and the driver has not looked at; for checkpoints.</summary>
    private protected (ulong Calls, bool ConfigurationChanged, bool IsSuspended) Announced
    {
        get => (_calls, _configurationChanged, IsSuspended);
        set => (_calls, _configurationChanged, IsSuspended) = value;
    }

    private protected abstract bool TryNegotiate(out ulong offered);

    private protected abstract bool TrySetFeatures(ulong features);

    private protected abstract DriverMemory CreateMemory(long bytes);

    private protected abstract bool TryShare(DriverMemory memory);

    private protected abstract bool TrySetUpRing(int index, int size, RingAddresses addresses);

    private protected abstract bool TryEnableRing(int index, bool enabled);

    /// <summary>Kicks and returns when the device has answered.</summary>
    private protected abstract bool TryKick(int index);

    /// <summary>Ends the connection.</summary>
    private protected abstract void Close();

    private bool StartDriver()
    {
        _driver!.Start(this);
        return State == TransportState.Connected;
    }

    private bool TryShareMemory(IReadOnlyList<DriverQueueLayout> layouts)
    {
        long bytes = 0;
        foreach (DriverQueueLayout layout in layouts)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(RingLayout.IsQueueSize((uint)layout.Size), true);
            bytes += DriverMemory.Rounded(RingLayout.DescriptorBytes(layout.Size))
                + DriverMemory.Rounded(RingLayout.AvailableBytes(layout.Size))
                + DriverMemory.Rounded(RingLayout.UsedBytes(layout.Size))
                + DriverMemory.Rounded((long)layout.Size * layout.BufferBytes);
        }

        _memory = CreateMemory(bytes);
        if (!TryShare(_memory))
        {
            return false;
        }

        _queues = new DriverQueue[layouts.Count];
        for (int i = 0; i < _queues.Length; i++)
        {
            if (!TrySetUp(i, layouts[i]))
            {
                return false;
            }
        }

        return true;
    }

    private bool TrySetUp(int index, DriverQueueLayout layout)
    {
        var addresses = new RingAddresses(
            _memory!.Take(RingLayout.DescriptorBytes(layout.Size)),
            _memory.Take(RingLayout.AvailableBytes(layout.Size)),
            _memory.Take(RingLayout.UsedBytes(layout.Size)));
        var ring = new RingMemory(
            (RingDescriptor*)_memory.Pointer(addresses.Descriptors),
            (ushort*)_memory.Pointer(addresses.Available),
            (ushort*)_memory.Pointer(addresses.Used),
            layout.Size);
        ulong buffers = _memory.Take((long)layout.Size * layout.BufferBytes);
        _queues[index] = new DriverQueue(
            this, index, new SplitRingDriver(ring, (VirtioFeatures)Features), _memory.Pointer(buffers), buffers, layout.BufferBytes);
        return TrySetUpRing(index, layout.Size, addresses);
    }

    private bool TryEnableAll(bool enabled)
    {
        for (int i = 0; i < _queues.Length; i++)
        {
            if (!TryEnableRing(enabled ? i : _queues.Length - 1 - i, enabled))
            {
                return false;
            }
        }

        return true;
    }

    private void Lose(TransportState state)
    {
        State = state;
        Close();
        _host.DeviceLost(Fault);
    }

    private void ReleaseMemory()
    {
        _memory?.Dispose();
        _memory = null;
    }
}
