namespace Orrery.Virtio;

/// <summary>How far a device's driver has come.</summary>
public enum TransportState
{
    /// <summary>No driver yet.</summary>
    Idle,

    /// <summary>A driver is connected.</summary>
    Connected,

    /// <summary>The driver has gone.</summary>
    Gone,

    /// <summary>The driver has broken a rule and was disconnected.</summary>
    Faulted,
}

/// <summary>
/// Carries one device to one driver: its rings, its notifications and their order in simulated time. What is common to
/// all ways of reaching a driver is here.
/// </summary>
/// <remarks>
/// The order. A kick is served while its guest waits for the answer: time is taken from the guest, the rings are
/// processed, completions are called, and only then is the kick answered. Everything else reaches a guest that waits for
/// its turn: the device's turn is taken, the call is made and answered, the turn is given back (<see cref="Flush"/>).
/// All members are called on the timeline's thread.
/// </remarks>
public abstract class VirtioTransport
{
    /// <summary>The most rings a device may have: a guest's bitmap of calls has 64 bits.</summary>
    public const int QueuesMax = 64;

    // A Linux guest forgets a configuration change that meets ring calls in one interrupt, until another interrupt comes
    // without any. So a change travels alone, and again, ever later, until the guest has read the configuration.
    private const ulong FirstRepeatNanoseconds = 1000;
    internal const int RepeatsMax = 8;

    private readonly IGuestClock _clock;
    private readonly IDeviceScheduler _scheduler;
    private readonly Action<DeviceFault> _faults;
    private readonly VirtioQueue[] _queues;
    private int _depth;
    private bool _insideKick;
    private bool _flushRequested;
    private bool _configurationUnread;
    private int _configurationRepeats;

    private protected VirtioTransport(
        string name, IVirtioDevice device, IGuestClock clock, IDeviceScheduler scheduler, Action<DeviceFault> faults)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(device.QueueCount, QueuesMax);
        Name = name;
        Device = device;
        _clock = clock;
        _scheduler = scheduler;
        _faults = faults;
        _queues = new VirtioQueue[device.QueueCount];
        for (int i = 0; i < _queues.Length; i++)
        {
            _queues[i] = new VirtioQueue(this, i);
        }

        device.Attach(this);
    }

    /// <summary>The device's name in messages: node and device.</summary>
    public string Name { get; }

    /// <summary>The device that is carried.</summary>
    public IVirtioDevice Device { get; }

    /// <summary>How far the driver has come.</summary>
    public TransportState State { get; private protected set; }

    /// <summary>The rule that was broken, in state <see cref="TransportState.Faulted"/>.</summary>
    public DeviceFault? Fault { get; private set; }

    /// <summary>The device's rings.</summary>
    public IReadOnlyList<VirtioQueue> Queues => _queues;

    /// <summary>All feature bits that are offered.</summary>
    public ulong OfferedFeatures => Device.Features | (ulong)VirtioFeatures.Ring;

    /// <summary>The features the driver has taken; 0 before.</summary>
    public ulong Features { get; private protected set; }

    /// <summary>Whether rings may be touched.</summary>
    internal bool IsUsable => State == TransportState.Connected && Memory is not null;

    private protected GuestMemory? Memory { get; set; }

    /// <summary>
    /// True when the guest may ask for anything. One that is not in its turn and asks for ever would keep the timeline's other
    /// guests from theirs.
    /// </summary>
    private protected bool MaySpeak => _clock.IsRunning;

    /// <summary>The configuration has changed: the driver is told once it waits, until it has read it.</summary>
    public void ConfigurationChanged()
    {
        if (IsUsable && Features != 0)
        {
            _configurationUnread = true;
            _configurationRepeats = 0;
            RequestFlush();
        }
    }

    /// <summary>
    /// Makes what has come for a waiting guest known to it. For the <see cref="IDeviceScheduler"/>, which calls it at a
    /// time when the guest waits.
    /// </summary>
    /// <exception cref="InvalidOperationException">The guest has the turn: nothing may interrupt it.</exception>
    public void Flush()
    {
        _flushRequested = false;
        ulong calls = TakePendingCalls();
        bool configuration = calls == 0 && _configurationUnread;
        if (!IsUsable || (calls == 0 && !configuration))
        {
            return;
        }

        if (_clock.IsRunning)
        {
            throw new InvalidOperationException($"{Name}: an interrupt while its guest has the turn.");
        }

        if (_configurationUnread && _configurationRepeats < RepeatsMax)
        {
            _scheduler.RequestFlush(this, FirstRepeatNanoseconds << (2 * _configurationRepeats++));
        }

        Enter();
        _clock.BeginInterrupt();
        Interrupt(calls, configuration);
        _clock.EndInterrupt();
        Leave();
    }

    /// <summary>Enters the device from outside; what it uses stays until <see cref="Leave"/>, whatever happens to the driver.</summary>
    /// <returns>False when there is nothing to enter: no driver, or its memory is gone. Then <see cref="Leave"/> is not called.</returns>
    public bool TryEnter()
    {
        if (!IsUsable || !CheckBacked())
        {
            return false;
        }

        RenewBudgets();
        Enter();
        return true;
    }

    /// <summary>Ends what <see cref="TryEnter"/> began.</summary>
    public void Leave()
    {
        _depth--;
        ReleaseMemory();
    }

    /// <summary>Something was completed that the driver wants to be called about.</summary>
    internal void CallRequested()
    {
        if (!_insideKick)
        {
            RequestFlush();
        }
    }

    /// <summary>The driver has broken <paramref name="rule"/>: the device stops and the fault is reported, once.</summary>
    internal void Fail(VirtioRule rule, string found)
    {
        if (State != TransportState.Connected)
        {
            return;
        }

        Fault = new DeviceFault(Name, rule, found);
        Disconnect(TransportState.Faulted);
        _faults(Fault);
    }

    /// <summary>What it has asked its scheduler for, and what its driver has not read; for checkpoints.</summary>
    internal (bool FlushRequested, bool ConfigurationUnread, int ConfigurationRepeats) Requests
    {
        get => (_flushRequested, _configurationUnread, _configurationRepeats);
        set => (_flushRequested, _configurationUnread, _configurationRepeats) = value;
    }

    /// <summary>Calls the driver inside its kick; nobody answers.</summary>
    private protected abstract void CallInsideKick(ulong calls);

    /// <summary>Interrupts the waiting driver and returns when it has answered (or has failed).</summary>
    /// <param name="calls">A bit for each ring.</param>
    /// <param name="configuration">The configuration has changed.</param>
    private protected abstract void Interrupt(ulong calls, bool configuration);

    /// <summary>Closes what joins device and driver. Rings and memory are released by <see cref="ReleaseMemory"/>.</summary>
    private protected abstract void CloseConnection();

    /// <summary>The driver has read the configuration.</summary>
    private protected void ConfigurationRead() => _configurationUnread = false;

    /// <summary>Serves a kick, up to the point where it may be answered.</summary>
    private protected void Kick(int index)
    {
        _queues[index].LookAgain = true;
        if (!_clock.Synchronize())
        {
            Fail(VirtioRule.Turn, $"a kick of ring {index} at a time that is not the guest's");
            return;
        }

        if (Memory is null || !CheckBacked())
        {
            return;
        }

        RenewBudgets();
        _insideKick = true;
        foreach (VirtioQueue queue in _queues)
        {
            if (queue.LookAgain && queue.IsEnabled)
            {
                queue.LookAgain = false;
                Device.Process(queue);
            }
        }

        _insideKick = false;
        ulong calls = IsUsable ? TakePendingCalls() : 0;
        if (calls != 0)
        {
            CallInsideKick(calls);
        }
    }

    /// <summary>Keeps what the device uses until <see cref="Leave"/>.</summary>
    private protected void Enter() => _depth++;

    /// <summary>Stops all rings, as at the start of a driver.</summary>
    private protected void StopQueues()
    {
        foreach (VirtioQueue queue in _queues)
        {
            queue.TearDown();
        }

        _configurationUnread = false;
    }

    private protected void Disconnect(TransportState state)
    {
        State = state;
        CloseConnection();
        ReleaseMemory();
    }

    private void RenewBudgets()
    {
        foreach (VirtioQueue queue in _queues)
        {
            queue.RenewBudget();
        }
    }

    private bool CheckBacked()
    {
        if (Memory!.IsBacked())
        {
            return true;
        }

        Fail(VirtioRule.MemoryBacked, "the file of the guest's memory has become shorter than its table said");
        return false;
    }

    private void ReleaseMemory()
    {
        if (_depth > 0 || State is TransportState.Idle or TransportState.Connected || Memory is null)
        {
            return;
        }

        StopQueues();
        Memory.Dispose();
        Memory = null;
    }

    private void RequestFlush()
    {
        if (!_flushRequested)
        {
            _flushRequested = true;
            _scheduler.RequestFlush(this, 0);
        }
    }

    private ulong TakePendingCalls()
    {
        ulong calls = 0;
        foreach (VirtioQueue queue in _queues)
        {
            if (queue.CallPending)
            {
                queue.CallPending = false;
                calls |= 1UL << queue.Index;
            }
        }

        return calls;
    }
}
