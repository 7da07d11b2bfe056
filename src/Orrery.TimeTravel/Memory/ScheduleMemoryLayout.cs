using System.Runtime.CompilerServices;

namespace Orrery.TimeTravel;

/// <summary>
/// The bytes of schedule memory, version 2 (Linux <c>struct um_timetravel_schedshm</c>): a page of header, then a slot of
/// 128 bytes for each client; slot 0 is the calendar's own. Fields are naturally aligned, in host byte order, and read and
/// written whole. There are no locks: only one party runs, and turns change hands through a socket.
/// </summary>
/// <remarks>
/// Wraps a mapping that its owner keeps alive and that is at least <see cref="BytesFor"/> long for every slot used here.
/// Everything read is untrusted: any client can write any byte.
/// </remarks>
internal readonly unsafe struct ScheduleMemoryLayout(byte* start)
{
    public const uint CurrentVersion = 2;
    public const int HeaderBytes = 4096;
    public const int SlotBytes = 128;

    /// <summary>Slot numbers have 16 bits.</summary>
    public const int SlotCountMax = ushort.MaxValue;

    /// <summary><c>UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE</c>: uses the memory instead of messages.</summary>
    public const uint CapabilityTimeShare = 1;

    /// <summary><c>UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN</c>: has a request.</summary>
    public const uint FlagRequest = 1;

    private const int VersionOffset = 0;
    private const int LengthOffset = 4;
    private const int FreeUntilOffset = 8;
    private const int CurrentTimeOffset = 16;
    private const int RunningOffset = 24;
    private const int SlotCountOffset = 26;

    private const int SlotCapabilityOffset = 0;
    private const int SlotFlagsOffset = 4;
    private const int SlotRequestOffset = 8;
    private const int SlotNameOffset = 16;

    /// <summary>The value of <see cref="Length"/> for that many slots, in bytes.</summary>
    public static int BytesFor(int slots) => HeaderBytes + (slots * SlotBytes);

    public uint Version
    {
        get => Volatile.Read(ref At<uint>(VersionOffset));
        set => Volatile.Write(ref At<uint>(VersionOffset), value);
    }

    public uint Length
    {
        get => Volatile.Read(ref At<uint>(LengthOffset));
        set => Volatile.Write(ref At<uint>(LengthOffset), value);
    }

    /// <summary>Whoever runs may move itself to any time before this one.</summary>
    public ulong FreeUntil
    {
        get => Volatile.Read(ref At<ulong>(FreeUntilOffset));
        set => Volatile.Write(ref At<ulong>(FreeUntilOffset), value);
    }

    public ulong CurrentTime
    {
        get => Volatile.Read(ref At<ulong>(CurrentTimeOffset));
        set => Volatile.Write(ref At<ulong>(CurrentTimeOffset), value);
    }

    /// <summary>The slot of whoever has the turn; 0 is the calendar.</summary>
    public ushort RunningSlot
    {
        get => Volatile.Read(ref At<ushort>(RunningOffset));
        set => Volatile.Write(ref At<ushort>(RunningOffset), value);
    }

    public ushort SlotCount
    {
        get => Volatile.Read(ref At<ushort>(SlotCountOffset));
        set => Volatile.Write(ref At<ushort>(SlotCountOffset), value);
    }

    public uint GetCapability(int slot) => Volatile.Read(ref AtSlot<uint>(slot, SlotCapabilityOffset));

    public void SetCapability(int slot, uint value) => Volatile.Write(ref AtSlot<uint>(slot, SlotCapabilityOffset), value);

    public uint GetFlags(int slot) => Volatile.Read(ref AtSlot<uint>(slot, SlotFlagsOffset));

    public void SetFlags(int slot, uint value) => Volatile.Write(ref AtSlot<uint>(slot, SlotFlagsOffset), value);

    public ulong GetRequest(int slot) => Volatile.Read(ref AtSlot<ulong>(slot, SlotRequestOffset));

    public void SetRequest(int slot, ulong value) => Volatile.Write(ref AtSlot<ulong>(slot, SlotRequestOffset), value);

    public void SetName(int slot, ulong value) => Volatile.Write(ref AtSlot<ulong>(slot, SlotNameOffset), value);

    // In bounds and aligned: offsets are the constants above, slots are checked by the owner of the mapping.
    private ref T At<T>(int offset)
        where T : unmanaged => ref Unsafe.AsRef<T>(start + offset);

    private ref T AtSlot<T>(int slot, int offset)
        where T : unmanaged => ref At<T>(HeaderBytes + (slot * SlotBytes) + offset);
}
