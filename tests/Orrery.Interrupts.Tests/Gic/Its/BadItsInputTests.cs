using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.V3;
using Xunit;

namespace Orrery.Interrupts.Tests.Gic.Its;

/// <summary>An ITS whose guest writes anything into its registers, its commands and its tables: never an exception.</summary>
public class BadItsInputTests
{
    private const int RamBytes = 1 << 20, CommandBytes = 32;
    private const ulong Commands = 0x1_0000, Valid = 1UL << 63;
    private static readonly uint[] s_registers = [0x00, 0x04, 0x08, 0x80, 0x88, 0x90, 0x100, 0x108, 0x40, 0xFFE8];

    [Fact]
    public void No_access_of_an_ITS_throws()
    {
        var accesses =
            from frame in Gen.Elements(GicFrame.ItsControl, GicFrame.ItsTranslation)
            from offset in Gen.OneOf(Gen.Elements(s_registers), Gen.Choose(0, 0x1_0010).Select(o => (uint)o))
            from width in Gen.Elements(1, 2, 4, 8)
            from value in AnyValue()
            from isWrite in ArbMap.Default.GeneratorFor<bool>()
            select (frame, offset, width, value, isWrite);
        (GicV3 gic, _) = New();
        Prop.ForAll(Arb.From(accesses), access =>
        {
            RegisterResult result = access.isWrite
                ? gic.WriteRegister(0, access.frame, access.offset, access.width, access.value)
                : gic.ReadRegister(0, access.frame, access.offset, access.width);
            return result.IsOk || (result.Error.Frame == access.frame && result.Error.Offset == access.offset && result.Value == 0);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(10_000));
    }

    /// <summary>A queue of random commands, most with numbers that exist; each is executed or reported.</summary>
    [Fact]
    public void No_command_throws()
    {
        var commands =
            from number in Gen.Elements(0x01, 0x03, 0x04, 0x05, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x42)
            from first in AnyValue()
            from second in AnyValue()
            from third in AnyValue()
            select (first: first & ~0xFFUL | (uint)number, second, third);
        (GicV3 gic, GuestRam ram) = New();
        ulong at = 0;
        Span<byte> empty = stackalloc byte[CommandBytes];
        Prop.ForAll(Arb.From(commands), command =>
        {
            Span<byte> bytes = stackalloc byte[CommandBytes];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, command.first);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], command.second);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], command.third);
            ram.TryWrite(Commands + at, bytes);
            at = (at + CommandBytes) % 0x1000;
            gic.WriteRegister(0, GicFrame.ItsControl, 0x88, 8, at);
            return gic.ReadRegister(0, GicFrame.ItsControl, 0x90, 8).Value == at;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
        Assert.True(gic.Its!.ErrorCount > 0);
    }

    /// <summary>A restore from guest memory with anything in it: accepted or refused whole.</summary>
    [Fact]
    public void No_table_throws_and_a_refused_one_changes_nothing()
    {
        Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue)), seed =>
        {
            (GicV3 gic, GuestRam ram) = New();
            var random = new Random(seed);
            var page = new byte[0x1000];
            random.NextBytes(page);
            for (ulong where = 0x2_0000; where < 0x4_0000; where += 0x1000)
            {
                ram.TryWrite(where, page);
            }

            gic.WriteRegister(0, GicFrame.ItsControl, 0, 4, 0);
            GicV3 before = gic.Clone();
            return gic.Its!.RestoreTables() == Orrery.Interrupts.Gic.Kvm.KvmErrno.None || gic.StateEquals(before);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    /// <summary>Small numbers and edges rather than any 64 bits, most of which mean the same.</summary>
    private static Gen<ulong> AnyValue() => Gen.OneOf(
        Gen.Choose(0, 64).Select(v => (ulong)v),
        Gen.Choose(8190, 8300).Select(v => (ulong)v),
        Gen.Choose(0, RamBytes).Select(v => Valid | (uint)v),
        ArbMap.Default.GeneratorFor<ulong>());

    /// <summary>An enabled ITS with tables and a command queue of one page.</summary>
    private static (GicV3 Gic, GuestRam Ram) New()
    {
        var ram = new GuestRam(RamBytes);
        var gic = new GicV3(new GicV3Options { CpuCount = 2, Memory = ram });
        gic.WriteRegister(0, GicFrame.ItsControl, 0x80, 8, Valid | Commands);
        gic.WriteRegister(0, GicFrame.ItsControl, 0x100, 8, Valid | 0x2_0000);
        gic.WriteRegister(0, GicFrame.ItsControl, 0x108, 8, Valid | 0x3_0000);
        gic.WriteRegister(0, GicFrame.ItsControl, 0, 4, 1);
        return (gic, ram);
    }
}
