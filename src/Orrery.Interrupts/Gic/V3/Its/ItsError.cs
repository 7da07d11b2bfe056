namespace Orrery.Interrupts.Gic.V3.Its;

/// <summary>Why a command of an ITS did nothing (IHI 0069 table 5-13). The queue goes on with the next.</summary>
public enum ItsErrorKind : byte
{
    /// <summary>It did something.</summary>
    None,

    /// <summary>The command could not be read from memory.</summary>
    Unreadable,

    /// <summary>There is no such command.</summary>
    UnknownCommand,

    /// <summary>The device number is beyond the device table.</summary>
    DeviceOutOfRange,

    /// <summary>The device is not mapped.</summary>
    UnmappedDevice,

    /// <summary>The event number has more bits than the device's events, or no event of it is mapped.</summary>
    UnmappedEvent,

    /// <summary>The collection number is beyond the collection table.</summary>
    CollectionOutOfRange,

    /// <summary>The collection is not mapped.</summary>
    UnmappedCollection,

    /// <summary>The number is no LPI, or another event has it.</summary>
    BadLpi,

    /// <summary>There is no such CPU.</summary>
    BadTarget,

    /// <summary>The event's number of bits is more than the ITS has.</summary>
    EventBitsOutOfRange,
}

/// <summary>A command that did nothing, and where it was.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Command">The command.</param>
/// <param name="Offset">Its offset in the queue, bytes.</param>
public readonly record struct ItsError(ItsErrorKind Kind, ItsCommand Command, uint Offset)
{
    /// <summary>One line.</summary>
    public override string ToString() => $"ITS command {Command.Kind} at 0x{Offset:X}: {Kind}";
}
