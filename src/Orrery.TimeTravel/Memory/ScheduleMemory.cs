using Orrery.Posix;
using Orrery.Simulation;

namespace Orrery.TimeTravel;

/// <summary>
/// A schedule memory as the calendar sees it: created and sealed here, handed to the participants it is for. Its time
/// starts at 0 when it is made, so every participant admitted at that moment has the memory's time as its own.
/// </summary>
internal sealed unsafe class ScheduleMemory : IDisposable
{
    /// <summary>The slot of a participant alone in its memory.</summary>
    public const int PrivateSlot = 1;

    /// <summary>Where the turn is shown to be while it is held by a participant without a slot; never handed out.</summary>
    private const int ForeignSlot = ScheduleMemoryLayout.SlotCountMax - 1;

    private const int PrivateSlotCount = 2;
    private const int PageBytes = 4096;

    // Never a request: times from 2^62 on are not granted, and a request for this one is not taken over.
    private const ulong NotSeen = ulong.MaxValue;

    private readonly FileDescriptor _file;
    private readonly MemoryMapping _mapping;
    private readonly ScheduleMemoryLayout _layout;
    private readonly ulong[] _seenRequests; // by slot: what was last taken over
    private readonly Queue<int> _returnedSlots = new();
    private int _usedSlots = PrivateSlot; // the first that was never taken

    private ScheduleMemory(SimTime start, int slotCount)
    {
        Start = start;
        SlotCount = slotCount;
        _seenRequests = new ulong[slotCount];
        Array.Fill(_seenRequests, NotSeen);
        int length = ScheduleMemoryLayout.BytesFor(slotCount);
        int fileBytes = (length + PageBytes - 1) / PageBytes * PageBytes;
        _file = MemoryFile.CreateSealed("schedshm", fileBytes);
        _mapping = MemoryMapping.Create(_file, 0, fileBytes, out int error)
            ?? throw new IOException($"mmap of schedule memory: {Errno.Describe(error)}");
        _layout = new ScheduleMemoryLayout(_mapping.Start)
        {
            Version = ScheduleMemoryLayout.CurrentVersion,
            Length = (uint)length,
            SlotCount = (ushort)slotCount,
        };
    }

    /// <summary>Slots, the calendar's own included.</summary>
    public int SlotCount { get; }

    /// <summary>The simulated time of the memory's time 0.</summary>
    public SimTime Start { get; }

    /// <summary>Whether one participant has it for itself.</summary>
    public bool IsPrivate => SlotCount == PrivateSlotCount;

    /// <summary>What is sent to a participant.</summary>
    public FileDescriptor File => _file;

    /// <summary>
    /// A memory for one participant. The calendar declares itself able to read requests from it, so a waiting guest that is
    /// interrupted asks for its turn without a message.
    /// </summary>
    public static ScheduleMemory CreatePrivate(SimTime start)
    {
        var memory = new ScheduleMemory(start, PrivateSlotCount);
        memory._layout.SetCapability(0, ScheduleMemoryLayout.CapabilityTimeShare);
        return memory;
    }

    /// <summary>
    /// A memory for participants that may talk to each other directly. Whoever asks while no participant runs sends a message:
    /// the calendar would not look before the next turn ends.
    /// </summary>
    public static ScheduleMemory CreateShared(SimTime start) => new(start, ScheduleMemoryLayout.SlotCountMax);

    /// <summary>
    /// The descriptor that tells a participant to use messages: a memory of an unknown version. (A Linux 6.12 guest closes an
    /// arbitrary descriptor of its own when it gets none.)
    /// </summary>
    public static FileDescriptor CreateRefusal() => MemoryFile.CreateSealed("schedshm", PageBytes);

    /// <summary>Takes a slot, named for tools that look at the memory.</summary>
    /// <returns>False when all are taken.</returns>
    public bool TryTakeSlot(ulong name, out int slot)
    {
        slot = 0;
        if (_usedSlots < Math.Min(SlotCount, ForeignSlot))
        {
            slot = _usedSlots++;
        }
        else if (_returnedSlots.TryDequeue(out int returned))
        {
            slot = returned;
        }

        if (slot == 0)
        {
            return false;
        }

        _layout.SetCapability(slot, 0);
        _layout.SetFlags(slot, 0);
        _layout.SetName(slot, name);
        return true;
    }

    public void ReturnSlot(int slot)
    {
        _layout.SetCapability(slot, 0);
        _layout.SetFlags(slot, 0);
        _layout.SetName(slot, 0);
        _seenRequests[slot] = NotSeen;
        _returnedSlots.Enqueue(slot);
    }

    public bool IsCapable(int slot) =>
        (_layout.GetCapability(slot) & ScheduleMemoryLayout.CapabilityTimeShare) != 0;

    /// <summary>
    /// Publishes that the holder of <paramref name="slot"/> has the turn, in the protocol's order of writing. Its request is
    /// used up; a participant clears it itself, and is not trusted to.
    /// </summary>
    public void Grant(int slot, ulong now, ulong freeUntil)
    {
        _layout.SetFlags(slot, 0);
        _seenRequests[slot] = NotSeen;
        _layout.CurrentTime = now;
        _layout.RunningSlot = (ushort)slot;
        _layout.FreeUntil = freeUntil;
        Interlocked.MemoryBarrier();
    }

    /// <summary>Publishes that a participant without a slot has the turn.</summary>
    public void GrantForeign(ulong now, ulong freeUntil) => Grant(ForeignSlot, now, freeUntil);

    /// <summary>Publishes that the calendar has the turn.</summary>
    public void TakeTurn() => _layout.RunningSlot = 0;

    /// <summary>Publishes the time while the calendar has the turn.</summary>
    public void TakeTurn(ulong now)
    {
        _layout.RunningSlot = 0;
        _layout.CurrentTime = now;
        Interlocked.MemoryBarrier();
    }

    /// <summary>What whoever runs last wrote as its time; untrusted.</summary>
    public ulong CurrentTime
    {
        get => _layout.CurrentTime;
        set => _layout.CurrentTime = value;
    }

    /// <summary>Lowers the limit of whoever runs; a participant may have lowered it further.</summary>
    public void LowerFreeUntil(ulong limit)
    {
        if (limit < _layout.FreeUntil)
        {
            _layout.FreeUntil = limit;
            Interlocked.MemoryBarrier();
        }
    }

    /// <summary>Takes over the request in a slot; untrusted.</summary>
    /// <returns>False when there is none.</returns>
    public bool TryReadRequest(int slot, out ulong time)
    {
        time = _layout.GetRequest(slot);
        if ((_layout.GetFlags(slot) & ScheduleMemoryLayout.FlagRequest) == 0)
        {
            return false;
        }

        _seenRequests[slot] = time;
        return true;
    }

    /// <summary>Takes over the next request, in the order of the slots, that was not taken over before.</summary>
    /// <param name="slot">The slot after which to look; set to the slot that was found.</param>
    /// <param name="time">The request; untrusted.</param>
    /// <returns>False when there are no more.</returns>
    public bool TryReadNewRequest(ref int slot, out ulong time)
    {
        while (++slot < _usedSlots)
        {
            time = _layout.GetRequest(slot);
            if (time != _seenRequests[slot] && (_layout.GetFlags(slot) & ScheduleMemoryLayout.FlagRequest) != 0)
            {
                _seenRequests[slot] = time;
                return true;
            }
        }

        time = 0;
        return false;
    }

    /// <summary>Writes the request that came as a message, so that the slot is the one truth about its participant.</summary>
    public void WriteRequest(int slot, ulong time)
    {
        _layout.SetRequest(slot, time);
        _layout.SetFlags(slot, ScheduleMemoryLayout.FlagRequest);
        _seenRequests[slot] = time;
    }

    public void Dispose()
    {
        _mapping.Dispose();
        _file.Dispose();
    }
}
