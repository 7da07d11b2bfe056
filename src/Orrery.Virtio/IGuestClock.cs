namespace Orrery.Virtio;

/// <summary>What a device needs of the calendar that holds its guest.</summary>
public interface IGuestClock
{
    /// <summary>The guest has the turn: only then may it ask its devices for anything, and they may not interrupt it.</summary>
    bool IsRunning { get; }

    /// <summary>At a kick: simulated time becomes the guest's time.</summary>
    /// <returns>False when the guest has broken the protocol (it is not its turn, or its time is impossible) and is gone.</returns>
    bool Synchronize();

    /// <summary>The guest waits and a device interrupts it: publish the time and take the turn.</summary>
    void BeginInterrupt();

    /// <summary>
    /// The guest has answered, or is found gone: take over the request it has put on the calendar. Follows each
    /// <see cref="BeginInterrupt"/>.
    /// </summary>
    void EndInterrupt();
}

/// <summary>Runs a device's interrupts in simulated time.</summary>
public interface IDeviceScheduler
{
    /// <summary>
    /// Has <see cref="VirtioTransport.Flush"/> called after <paramref name="delayNanoseconds"/> of simulated time, when the
    /// guest waits and before it gets its next turn. Delay 0: at this instant, after all frames of the instant.
    /// </summary>
    void RequestFlush(VirtioTransport transport, ulong delayNanoseconds);
}
