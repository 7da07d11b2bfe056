using Orrery.Posix;
using Xunit;

namespace Orrery.Virtio.Tests;

public unsafe class GuestMemoryTests
{
    private const ulong First = 0x10_0000, Second = 0x10_2000, UserOffset = 0x5000_0000;

    /// <summary>Two regions that touch in the guest and lie the other way round in the file.</summary>
    private static GuestMemory MapTwo()
    {
        FileDescriptor file = MemoryFile.CreateSealed("test", 0x4000);
        MemoryRegion[] table =
        [
            new(First, 0x2000, First + UserOffset, 0x2000),
            new(Second, 0x2000, Second + UserOffset, 0),
        ];
        GuestMemory? memory = GuestMemory.Map(table, [file, file.Duplicate()], out string? problem);
        Assert.Null(problem);
        return memory!;
    }

    [Fact]
    public void An_address_is_found_in_its_region_at_its_place_in_the_file()
    {
        using GuestMemory memory = MapTwo();
        Assert.True(memory.TryTranslate(First, 0x2000, out byte* first));
        Assert.True(memory.TryTranslate(Second + 0x1fff, 1, out byte* last));
        Assert.True(memory.TryTranslateUser(First + UserOffset + 5, 1, out byte* sixth));
        Assert.True(first + 5 == sixth);
        *first = 42;
        *last = 43;
        Assert.True(memory.TryTranslate(Second, 1, out byte* second));
        Assert.Equal(43, second[0x1fff]);
        Assert.True(memory.IsBacked());
    }

    [Theory]
    [InlineData(First - 1, 1)]
    [InlineData(First + 0x1fff, 2)]
    [InlineData(First, 0x2001)]
    [InlineData(Second + 0x2000, 0)]
    [InlineData(Second + 0x2000, 1)]
    [InlineData(First + UserOffset, 1)]
    [InlineData(ulong.MaxValue, 1)]
    [InlineData(First, ulong.MaxValue)]
    public void A_range_that_is_not_inside_one_region_is_not_found(ulong address, ulong bytes)
    {
        using GuestMemory memory = MapTwo();
        Assert.False(memory.TryTranslate(address, bytes, out _));
    }
}
