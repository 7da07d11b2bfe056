using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V3;
using Orrery.Interrupts.Gic.V3.Its;
using Xunit;

namespace Orrery.Interrupts.Tests.Gic.Its;

/// <summary>LPIs and the ITS, as far as guests use them.</summary>
public class ItsTests
{
    private const uint Device = 2, Event = 20, Lpi = 8195;

    private readonly ItsGuest _guest = ItsGuest.New();

    private void MapOne(bool enabled = true)
    {
        _guest.Configure(Lpi, 0xA0, enabled);
        _guest.MapDevice(Device);
        _guest.MapCollection(3, cpu: 1);
        _guest.MapEvent(Device, Event, Lpi, collection: 3);
        Assert.Null(_guest.Its.LastError);
    }

    [Fact]
    [Scenario("V19")]
    public void An_INT_command_and_a_message_make_an_LPI_pending_which_has_no_active_state()
    {
        MapOne();
        _guest.Send(ItsCommandKind.Interrupt, Device, Event);
        Assert.Equal(CpuSignals.Irq, _guest.Gic.Signalled(1));
        Assert.Equal(CpuSignals.None, _guest.Gic.Signalled(0));
        Assert.Equal(Lpi, _guest.Acknowledge(1));
        Assert.True(_guest.Its.Message(Device, Event));

        // Nothing but its priority holds it back.
        Assert.Equal(Intid.Spurious, _guest.Acknowledge(1));
        _guest.End(Lpi, 1);
        Assert.Equal(Lpi, _guest.Acknowledge(1));
    }

    [Fact]
    [Scenario("V13")]
    public void DIR_of_an_LPI_is_ignored()
    {
        MapOne();
        _guest.Gic.WriteSystemRegister(1, IccRegister.Control, 2);
        _guest.Its.Message(Device, Event);
        Assert.Equal(Lpi, _guest.Acknowledge(1));
        _guest.End(Lpi, 1);
        _guest.Gic.WriteSystemRegister(1, IccRegister.Deactivate, Lpi);
        _guest.Its.Message(Device, Event);
        Assert.Equal(Lpi, _guest.Acknowledge(1));
    }

    [Fact]
    [Scenario("V19")]
    public void A_changed_configuration_counts_once_it_is_invalidated()
    {
        MapOne();
        _guest.Configure(Lpi, 0xA0, enabled: false);
        _guest.Its.Message(Device, Event);
        Assert.Equal(Lpi, _guest.Acknowledge(1));
        _guest.End(Lpi, 1);

        _guest.Send(ItsCommandKind.Invalidate, Device, Event);
        _guest.Its.Message(Device, Event);
        Assert.Equal(Intid.Spurious, _guest.Acknowledge(1));

        _guest.Configure(Lpi, 0xA0, enabled: true);
        Assert.Equal(Intid.Spurious, _guest.Acknowledge(1));
        _guest.Send(ItsCommandKind.InvalidateAll, 0, 0, collection: 3);
        Assert.Equal(Lpi, _guest.Acknowledge(1));
    }

    [Fact]
    [Scenario("V19")]
    public void An_unmapped_device_delivers_nothing()
    {
        MapOne();
        _guest.MapDevice(Device, valid: false);
        Assert.False(_guest.Its.Message(Device, Event));
        _guest.Send(ItsCommandKind.Interrupt, Device, Event);
        Assert.Equal(ItsErrorKind.UnmappedDevice, _guest.Its.LastError!.Value.Kind);
        Assert.Equal(Intid.Spurious, _guest.Acknowledge(1));
    }

    [Fact]
    [Scenario("V19")]
    public void After_a_migration_it_is_all_the_same()
    {
        MapOne();
        _guest.Migrate();
        Assert.True(_guest.Its.Message(Device, Event));
        Assert.Equal(Lpi, _guest.Acknowledge(1));
        _guest.End(Lpi, 1);
        _guest.Send(ItsCommandKind.Interrupt, Device, Event);
        Assert.Equal(Lpi, _guest.Acknowledge(1));
    }

    [Fact]
    [Scenario("P23")]
    public void Of_256_LPIs_pending_at_a_migration_each_of_two_CPUs_gets_its_128()
    {
        _guest.MapDevice(Device);
        for (ushort cpu = 0; cpu < 2; cpu++)
        {
            _guest.MapCollection(cpu, cpu);
        }

        for (uint i = 0; i < 256; i++)
        {
            _guest.Configure(Intid.FirstLpi + i, 0xA0, enabled: false);
            _guest.MapEvent(Device, i, Intid.FirstLpi + i, (ushort)(i / 128));
            _guest.Its.Message(Device, i);
        }

        _guest.Migrate();
        for (uint i = 0; i < 256; i++)
        {
            _guest.Configure(Intid.FirstLpi + i, 0xA0, enabled: true);
        }

        Assert.Equal(Intid.Spurious, _guest.Acknowledge(0));
        for (ushort cpu = 0; cpu < 2; cpu++)
        {
            _guest.Send(ItsCommandKind.InvalidateAll, 0, 0, cpu);
        }

        Assert.Equal(Enumerable.Range(8192, 128).Select(i => (uint)i), _guest.TakeAll(0));
        Assert.Equal(Enumerable.Range(8320, 128).Select(i => (uint)i), _guest.TakeAll(1));
    }

    [Fact]
    [Scenario("P23")]
    public void An_event_of_an_unmapped_collection_migrates_and_works_once_the_collection_is_mapped()
    {
        _guest.Configure(Lpi, 0xA0, enabled: true);
        _guest.MapDevice(Device);
        _guest.MapEvent(Device, Event, Lpi, collection: 3);
        _guest.Migrate();
        Assert.False(_guest.Its.Message(Device, Event));
        _guest.MapCollection(3, cpu: 0);
        Assert.True(_guest.Its.Message(Device, Event));
        Assert.Equal(Lpi, _guest.Acknowledge(0));
    }

    [Fact]
    public void MOVI_and_MOVALL_take_pending_LPIs_along_and_CLEAR_and_DISCARD_end_them()
    {
        MapOne();
        _guest.MapCollection(4, cpu: 0);
        _guest.Its.Message(Device, Event);
        _guest.Send(ItsCommandKind.MoveInterrupt, Device, Event, collection: 4);
        Assert.Equal(CpuSignals.Irq, _guest.Gic.Signalled(0));
        _guest.Send(new ItsCommand { Kind = ItsCommandKind.MoveAll, Target = 0, Target2 = 1 });
        Assert.Equal((CpuSignals.None, CpuSignals.Irq), (_guest.Gic.Signalled(0), _guest.Gic.Signalled(1)));
        _guest.Send(ItsCommandKind.Clear, Device, Event);
        Assert.Equal(CpuSignals.None, _guest.Gic.Signalled(1));
        _guest.Its.Message(Device, Event);
        _guest.Send(ItsCommandKind.Discard, Device, Event);
        Assert.Equal(CpuSignals.None, _guest.Gic.Signalled(1));
        Assert.Equal(0, _guest.Its.ErrorCount);
    }

    [Fact]
    public void LPIs_compete_by_priority_with_others()
    {
        MapOne();
        _guest.MapCollection(3, cpu: 0);
        _guest.Write(GicFrame.Distributor, 0x104, 1u << 8, 4);
        _guest.Write(GicFrame.Distributor, 0x400 + 40, 0xB0, 1);
        _guest.Gic.SetLine(40, 0, true);
        _guest.Its.Message(Device, Event);
        Assert.Equal(Lpi, _guest.Acknowledge(0));
        _guest.End(Lpi, 0);
        Assert.Equal(40u, _guest.Acknowledge(0));
    }

    [Fact]
    public void Disabling_LPIs_forgets_what_is_pending_and_freezes_nothing_any_more()
    {
        MapOne();
        _guest.Its.Message(Device, Event);
        ulong frozen = _guest.Read(GicFrame.Redistributor, 0x78, 8, cpu: 1);
        _guest.Write(GicFrame.Redistributor, 0x78, 0x1234_0000, 8, cpu: 1);
        Assert.Equal(frozen, _guest.Read(GicFrame.Redistributor, 0x78, 8, cpu: 1));
        _guest.Write(GicFrame.Redistributor, 0, 0, 4, cpu: 1);
        Assert.Equal(CpuSignals.None, _guest.Gic.Signalled(1));
        Assert.False(_guest.Its.Message(Device, Event));
        _guest.Write(GicFrame.Redistributor, 0x78, 0x4000_0000_1234_0580, 8, cpu: 1);
        Assert.Equal(0x1234_0580ul, _guest.Read(GicFrame.Redistributor, 0x78, 8, cpu: 1));
    }

    public static TheoryData<ItsCommand, ItsErrorKind> BadCommands => new()
    {
        { new ItsCommand { Kind = (ItsCommandKind)0x42 }, ItsErrorKind.UnknownCommand },
        { new ItsCommand { Kind = ItsCommandKind.MapDevice, Device = 100_000, IsValid = true }, ItsErrorKind.DeviceOutOfRange },
        { new ItsCommand { Kind = ItsCommandKind.MapDevice, Device = 1, Event = 20, IsValid = true }, ItsErrorKind.EventBitsOutOfRange },
        { new ItsCommand { Kind = ItsCommandKind.MapCollection, Collection = 5000, IsValid = true }, ItsErrorKind.CollectionOutOfRange },
        { new ItsCommand { Kind = ItsCommandKind.MapCollection, Collection = 5, Target = 2, IsValid = true }, ItsErrorKind.BadTarget },
        { new ItsCommand { Kind = ItsCommandKind.MapEvent, Device = Device, Event = 256, Lpi = 8200 }, ItsErrorKind.UnmappedEvent },
        { new ItsCommand { Kind = ItsCommandKind.MapEvent, Device = Device, Event = 1, Lpi = 100 }, ItsErrorKind.BadLpi },
        { new ItsCommand { Kind = ItsCommandKind.MapEvent, Device = Device, Event = 1, Lpi = Lpi }, ItsErrorKind.BadLpi },
        { new ItsCommand { Kind = ItsCommandKind.MapEvent, Device = 9, Event = 1, Lpi = 8200 }, ItsErrorKind.UnmappedDevice },
        { new ItsCommand { Kind = ItsCommandKind.Interrupt, Device = Device, Event = 21 }, ItsErrorKind.UnmappedEvent },
        { new ItsCommand { Kind = ItsCommandKind.MoveInterrupt, Device = Device, Event = Event, Collection = 9 }, ItsErrorKind.UnmappedCollection },
        { new ItsCommand { Kind = ItsCommandKind.InvalidateAll, Collection = 9 }, ItsErrorKind.UnmappedCollection },
        { new ItsCommand { Kind = ItsCommandKind.MoveAll, Target = 0, Target2 = 2 }, ItsErrorKind.BadTarget },
    };

    [Theory]
    [MemberData(nameof(BadCommands))]
    public void A_bad_command_does_nothing_is_reported_and_the_queue_goes_on(ItsCommand command, ItsErrorKind expected)
    {
        MapOne();
        GicV3 before = _guest.Gic.Clone();
        _guest.Send(command);
        Assert.Equal((expected, 1), (_guest.Its.LastError!.Value.Kind, _guest.Its.ErrorCount));
        Assert.Contains("ITS command", _guest.Its.LastError.ToString());
        Assert.Equal(_guest.Read(GicFrame.ItsControl, 0x88, 8), _guest.Read(GicFrame.ItsControl, 0x90, 8));
        _guest.Send(ItsCommandKind.Interrupt, Device, Event);
        Assert.Equal(Lpi, _guest.Acknowledge(1));
        Assert.False(_guest.Gic.StateEquals(before));
    }

    [Fact]
    public void A_queue_outside_memory_ends_and_does_not_hang()
    {
        _guest.Write(GicFrame.ItsControl, 0, 0, 4);
        _guest.Write(GicFrame.ItsControl, 0x80, 1ul << 63 | 0xFFFF_0000_0000 | 0xFF, 8);
        _guest.Write(GicFrame.ItsControl, 0, 1, 4);
        _guest.Write(GicFrame.ItsControl, 0x88, 0x000F_FFE0, 8);
        Assert.Equal(ItsErrorKind.Unreadable, _guest.Its.LastError!.Value.Kind);
        Assert.Equal(0x000F_FFE0ul, _guest.Read(GicFrame.ItsControl, 0x90, 8));
    }

    [Fact]
    public void Registers_are_as_in_KVM()
    {
        Assert.Equal(0x1_EF71ul, _guest.Read(GicFrame.ItsControl, 0x08, 8));
        Assert.Equal(0x4B00_043Bul, _guest.Read(GicFrame.ItsControl, 0x04, 4));
        Assert.Equal(0x8000_0001ul, _guest.Read(GicFrame.ItsControl, 0x00, 4));
        Assert.Equal(0x3Bul, _guest.Read(GicFrame.ItsControl, 0xFFE8, 4));
        Assert.Equal(1ul << 17 | 15ul << 19 | 1, _guest.Read(GicFrame.Distributor, 4, 4));
        Assert.Equal(RegisterErrorKind.ReadOnly, _guest.Gic.WriteRegister(0, GicFrame.ItsControl, 0x08, 8, 0).Error.Kind);
        Assert.Equal(RegisterErrorKind.NoRegister, _guest.Gic.ReadRegister(0, GicFrame.ItsControl, 0x1000, 4).Error.Kind);
        Assert.Equal(RegisterErrorKind.WriteOnly, _guest.Gic.ReadRegister(0, GicFrame.ItsTranslation, 0x40, 4).Error.Kind);
        Assert.Equal(RegisterErrorKind.Misaligned, _guest.Gic.ReadRegister(0, GicFrame.ItsControl, 0x84, 8).Error.Kind);
    }

    [Fact]
    public void Forged_tables_are_refused_and_leave_the_ITS_as_it_was()
    {
        MapOne();
        Assert.Equal(KvmErrno.None, _guest.Its.SaveTables());
        Assert.Equal(KvmErrno.Busy, _guest.Its.RestoreTables());
        _guest.Write(GicFrame.ItsControl, 0, 0, 4);
        GicV3 before = _guest.Gic.Clone();

        // A collection of a CPU that is not there.
        Span<byte> entry = stackalloc byte[8];
        _guest.Ram.TryRead(0x3_0000, entry);
        _guest.Ram.TryWrite(0x3_0002, [9]);
        Assert.Equal(KvmErrno.Invalid, _guest.Its.RestoreTables());
        _guest.Ram.TryWrite(0x3_0000, entry);

        // An LPI that is none.
        _guest.Ram.TryWrite(0x5_0000 + Device * 0x1000 + Event * 8 + 2, [1, 0]);
        Assert.Equal(KvmErrno.Invalid, _guest.Its.RestoreTables());
        Assert.True(_guest.Gic.StateEquals(before));
    }
}
