using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.V2;
using Orrery.Interrupts.Gic.V3;

namespace Orrery.Bench.GicRegisters;

/// <summary>A mix of accesses, as a guest makes them.</summary>
internal sealed class Workload(string name, Func<int> round)
{
    private const int Repeats = 1000;
    private const int Intids = 1024;
    private static ulong s_sink;

    public string Name { get; } = name;

    /// <summary>Runs the mix; returns how many register accesses it made.</summary>
    public int Round() => round();

    public static IEnumerable<Workload> All()
    {
        yield return new Workload("GICv2: take and end an interrupt (IAR, EOIR)", TakeV2(busy: false));
        yield return new Workload("GICv2: the same with 200 others pending", TakeV2(busy: true));
        yield return new Workload("GICv2: masks and priorities", ConfigureV2());
        yield return new Workload("GICv3: take and end an interrupt (IAR1, EOIR1)", TakeV3(busy: false));
        yield return new Workload("GICv3: the same with 200 others pending", TakeV3(busy: true));
        yield return new Workload("GICv3: masks, priorities and routes", ConfigureV3());
    }

    private static Func<int> TakeV2(bool busy)
    {
        var gic = new GicV2(new GicV2Options { CpuCount = 2, IntidCount = Intids });
        gic.WriteRegister(0, GicFrame.Distributor, 0, 4, 1);
        gic.WriteRegister(0, GicFrame.CpuInterface, 0, 4, 1);
        gic.WriteRegister(0, GicFrame.CpuInterface, 4, 4, 0xFF);
        Fill(gic, busy);
        for (uint intid = 32; intid < 1020; intid++)
        {
            gic.WriteRegister(0, GicFrame.Distributor, 0x800 + intid, 1, 1);
        }

        return () =>
        {
            for (int i = 0; i < Repeats; i++)
            {
                gic.SetLine(40, 0, true);
                gic.SetLine(40, 0, false);
                ulong intid = gic.ReadRegister(0, GicFrame.CpuInterface, 0x0C, 4).Value;
                gic.WriteRegister(0, GicFrame.CpuInterface, 0x10, 4, intid);
                s_sink += intid;
            }

            return 2 * Repeats;
        };
    }

    private static Func<int> TakeV3(bool busy)
    {
        var gic = new GicV3(new GicV3Options { CpuCount = 2, IntidCount = Intids });
        gic.WriteRegister(0, GicFrame.Distributor, 0, 4, 2);
        gic.WriteSystemRegister(0, IccRegister.GroupEnable1, 1);
        gic.WriteSystemRegister(0, IccRegister.PriorityMask, 0xFF);
        Fill(gic, busy);
        return () =>
        {
            for (int i = 0; i < Repeats; i++)
            {
                gic.SetLine(40, 0, true);
                gic.SetLine(40, 0, false);
                ulong intid = gic.ReadSystemRegister(0, IccRegister.Acknowledge1).Value;
                gic.WriteSystemRegister(0, IccRegister.EndOfInterrupt1, intid);
                s_sink += intid;
            }

            return 2 * Repeats;
        };
    }

    /// <summary>Enables INTID 40 as the most urgent, and 200 others, pending if asked.</summary>
    private static void Fill(GicController gic, bool busy)
    {
        gic.WriteRegister(0, GicFrame.Distributor, 0x104, 4, 1u << 8);
        for (uint intid = 300; intid < 500; intid++)
        {
            gic.WriteRegister(0, GicFrame.Distributor, 0x400 + intid, 1, 0xA0);
            gic.WriteRegister(0, GicFrame.Distributor, 0x100 + 4 * (intid / 32), 4, 1u << (int)(intid % 32));
            gic.SetLine(intid, 0, busy);
        }
    }

    private static Func<int> ConfigureV2()
    {
        var gic = new GicV2(new GicV2Options { CpuCount = 2, IntidCount = Intids });
        return () =>
        {
            for (uint i = 0; i < Repeats; i++)
            {
                uint word = 4 * (i % 31 + 1);
                gic.WriteRegister(0, GicFrame.Distributor, 0x100 + word, 4, i);
                s_sink += gic.ReadRegister(0, GicFrame.Distributor, 0x200 + word, 4).Value;
                gic.WriteRegister(0, GicFrame.Distributor, 0x400 + 32 + i % 900, 1, i & 0xFF);
                s_sink += gic.ReadRegister(0, GicFrame.Distributor, 0x400 + word * 8, 4).Value;
                s_sink += gic.ReadRegister(0, GicFrame.CpuInterface, 0x14, 4).Value;
                gic.WriteRegister(0, GicFrame.CpuInterface, 0x04, 4, i & 0xFF);
            }

            return 6 * Repeats;
        };
    }

    private static Func<int> ConfigureV3()
    {
        var gic = new GicV3(new GicV3Options { CpuCount = 2, IntidCount = Intids });
        return () =>
        {
            for (uint i = 0; i < Repeats; i++)
            {
                uint word = 4 * (i % 31 + 1);
                gic.WriteRegister(0, GicFrame.Distributor, 0x100 + word, 4, i);
                s_sink += gic.ReadRegister(0, GicFrame.Distributor, 0x200 + word, 4).Value;
                gic.WriteRegister(0, GicFrame.Distributor, 0x400 + 32 + i % 900, 1, i & 0xFF);
                gic.WriteRegister(0, GicFrame.Distributor, 0x6000 + 8 * (32 + i % 900), 8, i & 1);
                s_sink += gic.ReadRegister(1, GicFrame.RedistributorSgi, 0x200, 4).Value;
                gic.WriteSystemRegister(0, IccRegister.PriorityMask, i & 0xFF);
            }

            return 6 * Repeats;
        };
    }
}
