using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.V3;
using Xunit;

namespace Orrery.Interrupts.Tests.Gic;

/// <summary>The registers of a GICv3, its SGIs and its CPU interface.</summary>
public class GicV3RegisterTests
{
    private const uint Spi = 40;

    private static GicV3 New(int cpus = 1, GicDeviations deviations = GicDeviations.None) => (GicV3)Machine.V3(cpus, deviations).Gic;

    private static ulong Icc(GicV3 gic, IccRegister register, int cpu = 0)
    {
        RegisterResult result = gic.ReadSystemRegister(cpu, register);
        Assert.True(result.IsOk, result.Error.ToString());
        return result.Value;
    }

    private static void WriteIcc(GicV3 gic, IccRegister register, ulong value, int cpu = 0) =>
        Assert.True(gic.WriteSystemRegister(cpu, register, value).IsOk);

    [Fact]
    [Scenario("V11")]
    public void SGI1R_reaches_the_list_or_all_others_and_ignores_who_is_absent()
    {
        GicV3 gic = New(cpus: 18);
        WriteIcc(gic, IccRegister.GenerateSgi1, 7ul << 24 | 0b1010, cpu: 0);
        Assert.Equal([1, 3], Enumerable.Range(0, 18).Where(c => gic.Signalled(c) == CpuSignals.Irq));
        Assert.Equal(7ul, Icc(gic, IccRegister.Acknowledge1, 1));
        Assert.Equal(7ul, Icc(gic, IccRegister.Acknowledge1, 3));

        // Cluster 0.0.1: CPUs 16 and 17.
        WriteIcc(gic, IccRegister.GenerateSgi1, 8ul << 24 | 1ul << 16 | 0xFFFF, cpu: 0);
        Assert.Equal(8ul, Icc(gic, IccRegister.Acknowledge1, 16));
        Assert.Equal(8ul, Icc(gic, IccRegister.Acknowledge1, 17));

        WriteIcc(gic, IccRegister.GenerateSgi1, 9ul << 24 | 9ul << 32 | 1, cpu: 0);
        Assert.All(Enumerable.Range(0, 18), c => Assert.Equal(CpuSignals.None, gic.Signalled(c)));

        WriteIcc(gic, IccRegister.GenerateSgi1, 9ul << 24 | 1ul << 40, cpu: 5);
        Assert.Equal(Intid.Spurious, Icc(gic, IccRegister.Acknowledge1, 5));
        Assert.Equal(9ul, Icc(gic, IccRegister.Acknowledge1, 6));
        Assert.Equal(9ul, Icc(gic, IccRegister.Acknowledge1, 0));
    }

    [Fact]
    public void SGI0R_raises_only_SGIs_of_group_0()
    {
        GicV3 gic = New();
        WriteIcc(gic, IccRegister.GenerateSgi0, 1ul << 24 | 1);
        Assert.Equal(0ul, gic.ReadRegister(0, GicFrame.RedistributorSgi, 0x200, 4).Value);
        gic.WriteRegister(0, GicFrame.RedistributorSgi, 0x080, 4, 0xFFFF_FFFD);
        WriteIcc(gic, IccRegister.GenerateSgi0, 1ul << 24 | 1);
        Assert.Equal(2ul, gic.ReadRegister(0, GicFrame.RedistributorSgi, 0x200, 4).Value);
    }

    [Fact]
    public void Group_0_is_FIQ_and_each_IAR_sees_its_own_group()
    {
        GicV3 gic = New();
        gic.WriteRegister(0, GicFrame.Distributor, 0, 4, 3);
        gic.WriteRegister(0, GicFrame.Distributor, 0x084, 4, ~(1u << 8));
        gic.WriteRegister(0, GicFrame.Distributor, 0x104, 4, 1u << 8);
        WriteIcc(gic, IccRegister.GroupEnable0, 1);
        gic.SetLine(Spi, 0, true);
        Assert.Equal(CpuSignals.Fiq, gic.Signalled(0));
        Assert.Equal(Intid.Spurious, Icc(gic, IccRegister.Acknowledge1));
        Assert.Equal(Intid.Spurious, Icc(gic, IccRegister.HighestPending1));
        Assert.Equal(Spi, Icc(gic, IccRegister.HighestPending0));
        Assert.Equal(Spi, Icc(gic, IccRegister.Acknowledge0));
        Assert.Equal(1ul, Icc(gic, IccRegister.ActivePriorities0));
        WriteIcc(gic, IccRegister.EndOfInterrupt0, Spi);
        Assert.Equal(0ul, Icc(gic, IccRegister.ActivePriorities0));
    }

    [Fact]
    [Scenario("V14")]
    public void With_CBPR_BPR1_reads_one_more_than_BPR0_and_ignores_writes()
    {
        GicV3 gic = New();
        WriteIcc(gic, IccRegister.BinaryPoint1, 5);
        WriteIcc(gic, IccRegister.BinaryPoint0, 3);
        WriteIcc(gic, IccRegister.Control, 1);
        Assert.Equal(4ul, Icc(gic, IccRegister.BinaryPoint1));
        WriteIcc(gic, IccRegister.BinaryPoint1, 6);
        WriteIcc(gic, IccRegister.BinaryPoint0, 7);
        Assert.Equal(7ul, Icc(gic, IccRegister.BinaryPoint1));
        WriteIcc(gic, IccRegister.Control, 0);
        Assert.Equal(5ul, Icc(gic, IccRegister.BinaryPoint1));
        WriteIcc(gic, IccRegister.BinaryPoint0, 0);
        WriteIcc(gic, IccRegister.BinaryPoint1, 0);
        Assert.Equal(2ul, Icc(gic, IccRegister.BinaryPoint0));
        Assert.Equal(3ul, Icc(gic, IccRegister.BinaryPoint1));
    }

    [Theory]
    [InlineData(GicDeviations.None, false)]
    [InlineData(GicDeviations.Kvm, true)]
    [Scenario("V12")]
    public void EOIR_of_the_less_urgent_first_drops_the_highest_active_priority(GicDeviations deviations, bool stillActive)
    {
        Machine machine = Machine.V3(deviations: deviations);
        machine.SetPriority(33, 0x80);
        machine.SetPriority(34, 0x40);
        machine.Enable(33);
        machine.Enable(34);
        machine.Pulse(33);
        machine.Acknowledge();
        machine.Pulse(34);
        machine.Acknowledge();
        Assert.Equal(1u << 8 | 1u << 16, machine.ActivePriorities());
        machine.End(33);
        Assert.Equal(1u << 16, machine.ActivePriorities());

        // KVM's software path then finds that priorities do not match, and leaves the interrupt active.
        Assert.Equal(stillActive, machine.IsActive(33));
    }

    [Fact]
    [Scenario("V13")]
    public void DIR_is_ignored_in_EOImode_0()
    {
        Machine machine = Machine.V3();
        machine.Enable(Spi);
        machine.Pulse(Spi);
        machine.Acknowledge();
        machine.Deactivate(Spi);
        Assert.True(machine.IsActive(Spi));
    }

    [Fact]
    public void Routes_keep_affinity_and_IRM_and_the_upper_half_reads_zero()
    {
        GicV3 gic = New(cpus: 2);
        gic.WriteRegister(0, GicFrame.Distributor, 0x6000 + 8 * Spi, 8, ulong.MaxValue);
        Assert.Equal(0x80FF_FFFFul, gic.ReadRegister(0, GicFrame.Distributor, 0x6000 + 8 * Spi, 8).Value);
        Assert.Equal(0ul, gic.ReadRegister(0, GicFrame.Distributor, 0x6004 + 8 * Spi, 4).Value);
        Assert.Equal(0ul, gic.ReadRegister(0, GicFrame.Distributor, 0x6000 + 8 * 31, 8).Value);
    }

    [Fact]
    public void With_IRM_an_SPI_is_for_whoever_takes_it()
    {
        Machine machine = Machine.V3(cpus: 2);
        machine.Write(GicFrame.Distributor, 0x6000 + 8 * Spi, 1u << 31, width: 8);
        machine.Enable(Spi);
        machine.Pulse(Spi);
        Assert.True(machine.Irq(0) && machine.Irq(1));
        Assert.Equal(Spi, machine.Acknowledge(1));
        Assert.Equal(Intid.Spurious, machine.Acknowledge(0));
    }

    [Fact]
    public void An_SPI_routed_to_nobody_waits()
    {
        Machine machine = Machine.V3(cpus: 2);
        machine.Write(GicFrame.Distributor, 0x6000 + 8 * Spi, 7, width: 8);
        machine.Enable(Spi);
        machine.Pulse(Spi);
        Assert.False(machine.Irq(0) || machine.Irq(1));
        machine.Route(Spi, 1);
        Assert.True(machine.Irq(1));
    }

    [Fact]
    public void Identification_is_as_in_KVM()
    {
        GicV3 gic = New(cpus: 2);
        Assert.Equal(2ul | 9ul << 19, gic.ReadRegister(0, GicFrame.Distributor, 4, 4).Value);
        Assert.Equal(0x4B00_343Bul, gic.ReadRegister(0, GicFrame.Distributor, 8, 4).Value);
        Assert.Equal(0x3Bul, gic.ReadRegister(0, GicFrame.Distributor, 0xFFE8, 4).Value);
        Assert.Equal(0x3Bul, gic.ReadRegister(0, GicFrame.Redistributor, 0xFFE8, 4).Value);
        Assert.Equal(0x4B00_043Bul, gic.ReadRegister(0, GicFrame.Redistributor, 4, 4).Value);
        Assert.Equal(1ul << 32 | 1ul << 8 | 1ul << 4, gic.ReadRegister(1, GicFrame.Redistributor, 8, 8).Value);
        Assert.Equal(0ul, gic.ReadRegister(0, GicFrame.Redistributor, 0x14, 4).Value);
        Assert.Equal(6ul, gic.ReadRegister(0, GicFrame.Redistributor, 0, 4).Value);
        Assert.Equal(7ul, Icc(gic, IccRegister.SystemRegisterEnable));
        Assert.Equal(0x8C00ul, Icc(gic, IccRegister.Control));
    }

    [Fact]
    public void The_distributor_has_nothing_of_the_private_interrupts()
    {
        GicV3 gic = New();
        gic.SetLine(27, 0, true);
        foreach (uint offset in (uint[])[0x080, 0x100, 0x200, 0x300, 0x400, 0x418, 0xC00, 0xC04])
        {
            gic.WriteRegister(0, GicFrame.Distributor, offset, 4, uint.MaxValue);
            Assert.Equal(0ul, gic.ReadRegister(0, GicFrame.Distributor, offset, 4).Value);
        }
    }

    [Fact]
    public void Faulty_accesses_are_noted_in_STATUSR_until_it_is_written()
    {
        GicV3 gic = New();
        ulong Status() => gic.ReadRegister(0, GicFrame.Distributor, 0x10, 4).Value;
        Assert.Equal(0ul, Status());
        gic.ReadRegister(0, GicFrame.Distributor, 0x5000, 4);
        gic.WriteRegister(0, GicFrame.Distributor, 0x5000, 4, 0);
        gic.WriteRegister(0, GicFrame.Distributor, 0x0004, 4, 0);
        Assert.Equal(0b1011ul, Status());
        gic.WriteRegister(0, GicFrame.Distributor, 0x10, 4, 0b0011);
        Assert.Equal(0b1000ul, Status());
        gic.ReadRegister(0, GicFrame.Redistributor, 0x5000, 4);
        Assert.Equal(1ul, gic.ReadRegister(0, GicFrame.Redistributor, 0x10, 4).Value);
    }

    [Fact]
    public void Messages_raise_SPIs_where_there_are_message_based_SPIs()
    {
        var gic = new GicV3(new GicV3Options { IntidCount = 96, MessageSpis = true });
        gic.WriteRegister(0, GicFrame.Distributor, 0x40, 4, 40);
        Assert.Equal(1ul << 8, gic.ReadRegister(0, GicFrame.Distributor, 0x204, 4).Value);
        gic.WriteRegister(0, GicFrame.Distributor, 0x48, 4, 40);
        Assert.Equal(0ul, gic.ReadRegister(0, GicFrame.Distributor, 0x204, 4).Value);
        Assert.Equal(1ul << 16, gic.ReadRegister(0, GicFrame.Distributor, 4, 4).Value & 1ul << 16);
    }

    [Fact]
    public void Active_priority_registers_exist_as_far_as_preemption_levels_do()
    {
        GicV3 five = New();
        Assert.True(five.ReadSystemRegister(0, IccRegister.ActivePriorities1).IsOk);
        Assert.Equal(RegisterErrorKind.Undefined, five.ReadSystemRegister(0, IccRegister.ActivePriorities1 + 1).Error.Kind);
        var seven = new GicV3(new GicV3Options { IntidCount = 64, PriorityBits = 7 });
        Assert.True(seven.WriteSystemRegister(0, IccRegister.ActivePriorities1 + 3, 1u << 31).IsOk);
        Assert.Equal(0xFEul, seven.ReadSystemRegister(0, IccRegister.RunningPriority).Value);
    }
}
