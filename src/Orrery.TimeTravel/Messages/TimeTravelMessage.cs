using System.Runtime.InteropServices;

namespace Orrery.TimeTravel;

/// <summary>
/// One message of um_timetravel: 16 bytes in the host's byte order (Linux <c>struct um_timetravel_msg</c>), sent in one
/// write, because peers read it in one read.
/// </summary>
/// <param name="Operation">What is said; an untrusted number when received.</param>
/// <param name="Sequence">Chosen by whoever asks; the acknowledgement repeats it.</param>
/// <param name="Time">Nanoseconds, or what the operation says.</param>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
public readonly record struct TimeTravelMessage(TimeTravelOperation Operation, uint Sequence, ulong Time)
{
    /// <summary>The size of every message.</summary>
    public const int Bytes = 16;

    /// <summary>Requests at or after this time (2^62 ns, 146 years) mean "idle, nothing to do": they are never granted.</summary>
    /// <remarks>A Linux guest without a timer asks for 2^63 - 1 and panics when it gets it.</remarks>
    public const ulong IdleTime = 1UL << 62;

    /// <summary>The identification of a client that has none.</summary>
    public const ulong NoId = ulong.MaxValue;

    /// <inheritdoc/>
    public override string ToString() => Operation switch
    {
        TimeTravelOperation.Start when Time == NoId => "START without identification",
        TimeTravelOperation.Wait or TimeTravelOperation.Get or TimeTravelOperation.GetTimeOfDay => Name,
        _ => $"{Name} {Time}",
    };

    private string Name => Operation switch
    {
        TimeTravelOperation.Acknowledge => "ACK",
        TimeTravelOperation.Start => "START",
        TimeTravelOperation.Request => "REQUEST",
        TimeTravelOperation.Wait => "WAIT",
        TimeTravelOperation.Get => "GET",
        TimeTravelOperation.Update => "UPDATE",
        TimeTravelOperation.Run => "RUN",
        TimeTravelOperation.FreeUntil => "FREE_UNTIL",
        TimeTravelOperation.GetTimeOfDay => "GET_TOD",
        TimeTravelOperation.Broadcast => "BROADCAST",
        _ => $"operation {(uint)Operation}",
    };
}
