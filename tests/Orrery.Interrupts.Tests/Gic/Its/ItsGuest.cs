using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.Snapshots;
using Orrery.Interrupts.Gic.V3;
using Orrery.Interrupts.Gic.V3.Its;
using Xunit;

namespace Orrery.Interrupts.Tests.Gic.Its;

/// <summary>A guest with an ITS: where its tables are, and what it does with them, in words.</summary>
internal sealed class ItsGuest
{
    private const ulong Queue = 0x1_0000, Devices = 0x2_0000, Collections = 0x3_0000, Properties = 0x4_0000, Pending = 0x10_0000;
    private const ulong Events = 0x5_0000;
    private const ulong Valid = 1ul << 63;

    private uint _written;

    private ItsGuest(GicV3 gic, GuestRam ram)
    {
        Gic = gic;
        Ram = ram;
    }

    public GicV3 Gic { get; private set; }

    public GuestRam Ram { get; private set; }

    public InterruptTranslationService Its => Gic.Its!;

    /// <summary>Two CPUs, every table in its place, LPIs and the ITS enabled.</summary>
    public static ItsGuest New()
    {
        var ram = new GuestRam(0x20_0000);
        var guest = new ItsGuest(NewGic(ram), ram);
        guest.Write(GicFrame.Distributor, 0, 2, 4);
        for (int cpu = 0; cpu < 2; cpu++)
        {
            guest.Gic.WriteSystemRegister(cpu, IccRegister.GroupEnable1, 1);
            guest.Gic.WriteSystemRegister(cpu, IccRegister.PriorityMask, 0xFF);
            guest.Write(GicFrame.Redistributor, 0x70, Properties | 15, 8, cpu);
            guest.Write(GicFrame.Redistributor, 0x78, Pending + (ulong)cpu * 0x1_0000, 8, cpu);
            guest.Write(GicFrame.Redistributor, 0, 1, 4, cpu);
        }

        guest.Write(GicFrame.ItsControl, 0x100, Valid | Devices | 0, 8);
        guest.Write(GicFrame.ItsControl, 0x108, Valid | Collections | 0, 8);
        guest.Write(GicFrame.ItsControl, 0x80, Valid | Queue | 1, 8);
        guest.Write(GicFrame.ItsControl, 0, 1, 4);
        return guest;
    }

    public void Configure(uint lpi, byte priority, bool enabled) =>
        Ram.TryWrite(Properties + lpi - Intid.FirstLpi, [(byte)(priority | (enabled ? 1 : 0))]);

    public void Send(ItsCommand command)
    {
        Span<byte> bytes = stackalloc byte[ItsCommand.Size];
        command.Encode(bytes);
        Ram.TryWrite(Queue + _written, bytes);
        _written = (_written + ItsCommand.Size) % 0x2000;
        Write(GicFrame.ItsControl, 0x88, _written, 8);
    }

    public void MapDevice(uint device, bool valid = true) => Send(new ItsCommand
    {
        Kind = ItsCommandKind.MapDevice,
        Device = device,
        Event = 7,
        Table = Events + device * 0x1000,
        IsValid = valid,
    });

    public void MapCollection(ushort collection, int cpu, bool valid = true) => Send(new ItsCommand
    {
        Kind = ItsCommandKind.MapCollection,
        Collection = collection,
        Target = (uint)cpu,
        IsValid = valid,
    });

    public void MapEvent(uint device, uint number, uint lpi, ushort collection) => Send(new ItsCommand
    {
        Kind = ItsCommandKind.MapEvent,
        Device = device,
        Event = number,
        Lpi = lpi,
        Collection = collection,
    });

    public void Send(ItsCommandKind kind, uint device, uint number, ushort collection = 0) =>
        Send(new ItsCommand { Kind = kind, Device = device, Event = number, Collection = collection });

    public uint Acknowledge(int cpu) => (uint)Gic.ReadSystemRegister(cpu, IccRegister.Acknowledge1).Value;

    public void End(uint intid, int cpu) => Gic.WriteSystemRegister(cpu, IccRegister.EndOfInterrupt1, intid);

    /// <summary>Acknowledges and ends until nothing is left; what was taken.</summary>
    public List<uint> TakeAll(int cpu)
    {
        var taken = new List<uint>();
        for (uint intid = Acknowledge(cpu); intid != Intid.Spurious; intid = Acknowledge(cpu))
        {
            taken.Add(intid);
            End(intid, cpu);
        }

        return taken;
    }

    /// <summary>
    /// Saves everything, copies memory, and restores it into a new controller, in the order that the dependencies ask for:
    /// pending tables and ITS tables before memory is copied; at the destination the ITS last.
    /// </summary>
    public void Migrate()
    {
        Assert.Equal(KvmErrno.None, Gic.SavePendingTables());
        Assert.Equal(KvmErrno.None, Its.SaveTables());
        GicSnapshot snapshot = GicSnapshot.Of(Gic);
        (uint Offset, ulong Value)[] registers = [.. InterruptTranslationService.SavedRegisters.Select(o => (o, Its.GetAttribute(o).Value))];
        GuestRam memory = Ram.Clone();

        SnapshotResult<GicController> restored = GicRestore.Restore(snapshot, new GicV3Options { Memory = memory });
        Assert.True(restored.Error is null, restored.Error?.ToString());
        Gic = (GicV3)restored.Value!;
        Ram = memory;
        foreach ((uint offset, ulong value) in registers)
        {
            if (offset == 0)
            {
                Assert.Equal(KvmErrno.None, Its.RestoreTables());
            }

            Assert.Equal(KvmErrno.None, Its.SetAttribute(offset, value));
        }
    }

    public void Write(GicFrame frame, uint offset, ulong value, int width, int cpu = 0)
    {
        RegisterResult result = Gic.WriteRegister(cpu, frame, offset, width, value);
        Assert.True(result.IsOk, result.Error.ToString());
    }

    public ulong Read(GicFrame frame, uint offset, int width, int cpu = 0)
    {
        RegisterResult result = Gic.ReadRegister(cpu, frame, offset, width);
        Assert.True(result.IsOk, result.Error.ToString());
        return result.Value;
    }

    private static GicV3 NewGic(GuestRam ram) => new(new GicV3Options { CpuCount = 2, IntidCount = 64, Memory = ram });
}
