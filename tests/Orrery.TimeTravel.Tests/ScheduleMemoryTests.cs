using Orrery.Posix;
using Orrery.Simulation;
using Xunit;

namespace Orrery.TimeTravel.Tests;

/// <summary>Schedule memory, byte by byte (um_timetravel, "Byte layout"), from both sides.</summary>
public unsafe class ScheduleMemoryTests
{
    private const int SlotStart = 4096 + 128;

    [Fact]
    public void A_private_memory_has_one_page_of_header_and_two_slots()
    {
        using var memory = ScheduleMemory.CreatePrivate(SimTime.FromSeconds(5));
        Assert.Equal(8192, memory.File.Length);
        Assert.Equal(MemoryFile.SealGrow | MemoryFile.SealShrink | 1, memory.File.Seals);
        using MemoryMapping mapping = Map(memory.File);
        Assert.Equal((2u, 4352u, (ushort)2), (At<uint>(mapping, 0), At<uint>(mapping, 4), At<ushort>(mapping, 26)));
        Assert.Equal(1u, At<uint>(mapping, 4096)); // the calendar reads requests from the memory
        Assert.Equal(0ul, At<ulong>(mapping, 16));
    }

    [Fact]
    public void A_grant_and_a_request_stand_where_the_protocol_puts_them()
    {
        using var memory = ScheduleMemory.CreatePrivate(SimTime.Zero);
        using MemoryMapping mapping = Map(memory.File);
        Assert.True(memory.TryTakeSlot(0x77, out int slot));
        Assert.Equal(1, slot);
        Assert.Equal(0x77ul, At<ulong>(mapping, SlotStart + 16));
        Assert.False(memory.IsCapable(slot));
        At<uint>(mapping, SlotStart) = 1;
        Assert.True(memory.IsCapable(slot));

        At<uint>(mapping, SlotStart + 4) = 1;
        memory.Grant(slot, 1000, 2000);
        Assert.Equal(
            (2000ul, 1000ul, (ushort)1, 0u),
            (At<ulong>(mapping, 8), At<ulong>(mapping, 16), At<ushort>(mapping, 24), At<uint>(mapping, SlotStart + 4)));
        memory.LowerFreeUntil(1500);
        memory.LowerFreeUntil(1800);
        Assert.Equal(1500ul, At<ulong>(mapping, 8));

        Assert.False(memory.TryReadRequest(slot, out _));
        At<ulong>(mapping, SlotStart + 8) = 3000;
        At<uint>(mapping, SlotStart + 4) = 1;
        Assert.True(memory.TryReadRequest(slot, out ulong time));
        Assert.Equal(3000ul, time);
        memory.TakeTurn(1200);
        Assert.Equal((1200ul, (ushort)0), (At<ulong>(mapping, 16), At<ushort>(mapping, 24)));
    }

    [Fact]
    public void A_shared_memory_gives_out_every_slot_once_and_then_those_that_came_back()
    {
        using var memory = ScheduleMemory.CreateShared(SimTime.Zero);
        var slots = new HashSet<int>();
        while (memory.TryTakeSlot(1, out int slot))
        {
            Assert.True(slot > 0 && slots.Add(slot));
        }

        Assert.Equal(ushort.MaxValue - 2, slots.Count); // slot 0, and one for those without a slot, are kept
        memory.ReturnSlot(500);
        Assert.True(memory.TryTakeSlot(1, out int again));
        Assert.Equal(500, again);
        Assert.False(memory.TryTakeSlot(1, out _));
    }

    [Fact]
    public void New_requests_are_found_once_in_the_order_of_slots()
    {
        using var memory = ScheduleMemory.CreateShared(SimTime.Zero);
        using MemoryMapping mapping = Map(memory.File);
        for (int i = 0; i < 3; i++)
        {
            memory.TryTakeSlot(1, out _);
        }

        SetRequest(mapping, 3, 30);
        SetRequest(mapping, 1, 10);
        Assert.Equal([(1, 10ul), (3, 30ul)], NewRequests(memory));
        Assert.Empty(NewRequests(memory));
        SetRequest(mapping, 1, 11);
        memory.WriteRequest(2, 20); // came as a message: nothing new
        Assert.Equal([(1, 11ul)], NewRequests(memory));
        memory.Grant(1, 11, 20);
        SetRequest(mapping, 1, 11); // the same instant again
        Assert.Equal([(1, 11ul)], NewRequests(memory));
    }

    [Fact]
    public void A_client_sees_the_memory_in_its_own_time()
    {
        using var memory = ScheduleMemory.CreateShared(SimTime.Zero);
        memory.TryTakeSlot(1, out int slot);
        memory.Grant(slot, 500, 700);
        using AttachedMemory client = AttachedMemory.TryAttach(memory.File, slot)!;
        Assert.True(memory.IsCapable(slot));
        Assert.True(client.ShowsOwnTurn);
        Assert.True(client.IsHolderCapable);
        Assert.Equal((0ul, 200ul), (client.CurrentTime, client.FreeUntil));
        client.CurrentTime = 30;
        Assert.Equal(530ul, memory.CurrentTime);
        client.WriteRequest(100);
        Assert.Equal(100ul, client.FreeUntil);
        Assert.True(memory.TryReadRequest(slot, out ulong time));
        Assert.Equal(600ul, time);
        memory.TakeTurn(560);
        Assert.False(client.IsHolderCapable);
        Assert.Equal(60ul, client.CurrentTime);
    }

    [Theory]
    [InlineData("refusal")]
    [InlineData("another version")]
    [InlineData("a slot beyond the length")]
    [InlineData("a length beyond the file")]
    [InlineData("not sealed")]
    [InlineData("too short")]
    public void A_memory_that_is_not_sound_is_not_attached(string what)
    {
        using FileDescriptor file = what switch
        {
            "refusal" => ScheduleMemory.CreateRefusal(),
            "not sealed" => MemoryFile.Create("x", 8192),
            "too short" => MemoryFile.CreateSealed("x", 100),
            _ => MemoryFile.CreateSealed("x", 8192),
        };
        if (what is not "refusal" and not "too short")
        {
            using MemoryMapping mapping = Map(file);
            At<uint>(mapping, 0) = what == "another version" ? 3u : 2u;
            At<uint>(mapping, 4) = what == "a length beyond the file" ? 9000u : 4352u;
        }

        Assert.Null(AttachedMemory.TryAttach(file, what == "a slot beyond the length" ? 2 : 1));
    }

    [Fact]
    public void A_running_slot_beyond_the_memory_is_nobody()
    {
        using var memory = ScheduleMemory.CreatePrivate(SimTime.Zero);
        using AttachedMemory client = AttachedMemory.TryAttach(memory.File, 1)!;
        using MemoryMapping mapping = Map(memory.File);
        At<ushort>(mapping, 24) = ushort.MaxValue;
        Assert.False(client.IsHolderCapable);
    }

    private static MemoryMapping Map(FileDescriptor file) => MemoryMapping.Create(file, 0, file.Length, out _)!;

    private static ref T At<T>(MemoryMapping mapping, int offset)
        where T : unmanaged => ref *(T*)(mapping.Start + offset);

    private static void SetRequest(MemoryMapping mapping, int slot, ulong time)
    {
        At<ulong>(mapping, 4096 + (slot * 128) + 8) = time;
        At<uint>(mapping, 4096 + (slot * 128) + 4) = 1;
    }

    private static List<(int Slot, ulong Time)> NewRequests(ScheduleMemory memory)
    {
        var found = new List<(int, ulong)>();
        int slot = 0;
        while (memory.TryReadNewRequest(ref slot, out ulong time))
        {
            found.Add((slot, time));
        }

        return found;
    }
}
