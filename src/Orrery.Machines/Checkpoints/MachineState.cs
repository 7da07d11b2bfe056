using System.Text.Json;
using Orrery.Virtio;

namespace Orrery.Machines;

/// <summary>
/// Everything a machine holds, as plain values, taken between two of its events (<see cref="Machine.Save"/>). Its pending
/// events are its timeline's.
/// </summary>
/// <param name="Booted">Its devices have started; else there is nothing but <paramref name="Serial"/> and <paramref name="Interrupts"/>.</param>
/// <param name="Asleep">It is suspended to memory.</param>
/// <param name="Interrupts">Its interrupt path.</param>
/// <param name="Serial">Its serial line.</param>
/// <param name="Deferred">Events that wait for the end of its sleep, oldest first.</param>
/// <param name="Stack">Its network stack; null before it has booted.</param>
/// <param name="Cards">Its network cards: each card's driver and device, and what is between them.</param>
/// <param name="Program">What its program remembers; null when it has none, has ended it, or has not booted.</param>
public sealed record MachineState(
    bool Booted,
    bool Asleep,
    InterruptsState Interrupts,
    SerialState Serial,
    IReadOnlyList<DeferredState> Deferred,
    StackState? Stack,
    IReadOnlyList<ConnectionState> Cards,
    JsonElement? Program);

/// <summary>An interrupt path.</summary>
/// <param name="Masked">The CPU takes no interrupts.</param>
/// <param name="Lines">All lines, in the order in which they were added.</param>
/// <param name="Chip">The interrupt chip, in the form of <see cref="Orrery.Interrupts.Gic.Snapshots.GicSnapshotJson"/>.</param>
public sealed record InterruptsState(bool Masked, IReadOnlyList<LineState> Lines, JsonElement Chip);

/// <summary>An interrupt line.</summary>
/// <param name="Name">The device.</param>
/// <param name="DeferredBySleep">It is flagged for after the sleep.</param>
/// <param name="RaisedNanoseconds">When the last edge reached the chip.</param>
/// <param name="HandledCount">How often its handler ran.</param>
public sealed record LineState(string Name, bool DeferredBySleep, ulong RaisedNanoseconds, ulong HandledCount);

/// <summary>A serial line.</summary>
/// <param name="Input">What was typed and the program has not got yet.</param>
/// <param name="OverrunCount">Bytes that were lost.</param>
public sealed record SerialState(byte[] Input, ulong OverrunCount);

/// <summary>An event of a machine that waits for the end of its sleep.</summary>
/// <param name="Event">Its name in the machine.</param>
/// <param name="Argument">What it was scheduled with.</param>
public sealed record DeferredState(string Event, ulong Argument);

/// <summary>A network stack.</summary>
/// <param name="TimerNanoseconds">When its timer is due; the largest number when none was asked for.</param>
/// <param name="NextIdentification">The identification of the next IPv4 packet.</param>
/// <param name="DroppedFrames">Frames it did not understand.</param>
/// <param name="Neighbors">Whom it knows or asks for, by interface and address.</param>
public sealed record StackState(
    ulong TimerNanoseconds, ushort NextIdentification, ulong DroppedFrames, IReadOnlyList<NeighborState> Neighbors);

/// <summary>What a stack knows of a neighbour.</summary>
/// <param name="Interface">The interface it is at.</param>
/// <param name="Address">Its IPv4 or IPv6 address.</param>
/// <param name="Mac">Its Ethernet address; null while it is asked for.</param>
/// <param name="ConfirmedNanoseconds">When that was last heard, or when the entry was made.</param>
/// <param name="Requests">How often it was asked for since.</param>
/// <param name="RetryNanoseconds">When to ask again.</param>
/// <param name="Waiting">Frames that lack only its Ethernet address, oldest first.</param>
public sealed record NeighborState(
    int Interface,
    string Address,
    string? Mac,
    ulong ConfirmedNanoseconds,
    int Requests,
    ulong RetryNanoseconds,
    IReadOnlyList<byte[]> Waiting);
