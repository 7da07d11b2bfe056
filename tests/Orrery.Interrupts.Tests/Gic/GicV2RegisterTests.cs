using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.V2;
using Orrery.Interrupts.Gic.V3;
using Xunit;

namespace Orrery.Interrupts.Tests.Gic;

/// <summary>The registers of a GICv2, and its SGIs.</summary>
public class GicV2RegisterTests
{
    private const uint Ipriorityr = 0x400, Itargetsr = 0x800, Sgir = 0xF00, Cpendsgir = 0xF10, Spendsgir = 0xF20;

    [Fact]
    [Scenario("G01")]
    public void SGIs_reach_self_list_or_all_others_once_and_name_their_source()
    {
        Machine machine = Machine.V2(cpus: 3);
        machine.Write(GicFrame.Distributor, Sgir, 2u << 24 | 1, cpu: 1);
        Assert.Equal(1u | 1u << 10, machine.Acknowledge(1));
        Assert.False(machine.Irq(0) || machine.Irq(2));

        machine.Write(GicFrame.Distributor, Sgir, 0b101u << 16 | 2, cpu: 1);
        Assert.Equal(2u | 1u << 10, machine.Acknowledge(0));
        Assert.Equal(2u | 1u << 10, machine.Acknowledge(2));

        machine.End(1u | 1u << 10, 1);
        machine.End(2u | 1u << 10, 0);
        machine.End(2u | 1u << 10, 2);
        machine.Write(GicFrame.Distributor, Sgir, 1u << 24 | 3, cpu: 1);
        Assert.Equal(3u | 1u << 10, machine.Acknowledge(0));
        Assert.Equal(3u | 1u << 10, machine.Acknowledge(2));
        Assert.False(machine.Irq(1));

        machine.Write(GicFrame.Distributor, Sgir, 3u << 24 | 0x00FF_0004, cpu: 1);
        Assert.Equal(Intid.Spurious, machine.Acknowledge(1));
    }

    [Fact]
    [Scenario("G07")]
    public void The_same_SGI_from_two_CPUs_is_taken_twice_lowest_source_first_and_EOI_echoes_the_source()
    {
        Machine machine = Machine.V2(cpus: 3);
        machine.SendSgi(5, from: 2, 0);
        machine.SendSgi(5, from: 1, 0);
        Assert.Equal(5u | 1u << 10, machine.Acknowledge());

        // Same priority: the second instance waits for the first to end.
        Assert.Equal(Intid.Spurious, machine.Acknowledge());
        machine.End(5u | 1u << 10);
        Assert.False(machine.IsActive(5));
        Assert.Equal(5u | 2u << 10, machine.Acknowledge());

        // An EOI that names another source drops the priority and leaves the instance active.
        machine.End(5u);
        Assert.True(machine.IsActive(5));
        machine.End(5u | 2u << 10);
        Assert.False(machine.IsActive(5));
    }

    [Fact]
    [Scenario("G07")]
    public void In_KVM_an_SGI_active_from_one_source_waits_for_its_end_whatever_the_source()
    {
        Machine machine = Machine.V2(cpus: 3, GicDeviations.Kvm);
        machine.SplitEoi(true);
        machine.SendSgi(5, from: 1, 0);
        Assert.Equal(5u | 1u << 10, machine.Acknowledge());
        machine.End(5u | 1u << 10);
        machine.SendSgi(5, from: 2, 0);
        Assert.Equal(Intid.Spurious, machine.Acknowledge());
        machine.Deactivate(5u | 1u << 10);
        Assert.Equal(5u | 2u << 10, machine.Acknowledge());
    }

    [Fact]
    public void By_the_architecture_an_SGI_active_from_one_source_does_not_hold_back_another_source()
    {
        Machine machine = Machine.V2(cpus: 3);
        machine.SplitEoi(true);
        machine.SendSgi(5, from: 1, 0);
        Assert.Equal(5u | 1u << 10, machine.Acknowledge());
        machine.End(5u | 1u << 10);
        machine.SendSgi(5, from: 2, 0);
        Assert.Equal(5u | 2u << 10, machine.Acknowledge());
    }

    [Theory]
    [InlineData(0x004u)]
    [InlineData(0x008u)]
    [InlineData(0xFE8u)]
    [Scenario("G03")]
    public void TYPER_IIDR_and_ICPIDR2_are_read_only(uint offset)
    {
        Machine machine = Machine.V2(cpus: 4);
        uint before = machine.Read(GicFrame.Distributor, offset);
        Assert.Equal(RegisterErrorKind.ReadOnly, machine.Gic.WriteRegister(0, GicFrame.Distributor, offset, 4, ~before).Error.Kind);
        Assert.Equal(before, machine.Read(GicFrame.Distributor, offset));
        Assert.Equal(offset switch { 0x004 => 2u | 3u << 5, 0x008 => 0x4B00_343Bu, _ => 0x2Bu }, before);
    }

    [Fact]
    [Scenario("G04")]
    public void Priorities_have_the_same_implemented_bits_everywhere_and_none_past_the_last()
    {
        Machine machine = Machine.V2();
        for (uint intid = 0; intid < 96; intid += 4)
        {
            machine.Write(GicFrame.Distributor, Ipriorityr + intid, uint.MaxValue);
            Assert.Equal(0xF8F8_F8F8u, machine.Read(GicFrame.Distributor, Ipriorityr + intid));
        }

        machine.Write(GicFrame.Distributor, Ipriorityr + 41, 0x48, width: 1);
        Assert.Equal(0xF8F8_48F8u, machine.Read(GicFrame.Distributor, Ipriorityr + 40));
        Assert.Equal(0x48u, machine.Read(GicFrame.Distributor, Ipriorityr + 41, width: 1));
        machine.Write(GicFrame.Distributor, Ipriorityr + 96, uint.MaxValue);
        Assert.Equal(0u, machine.Read(GicFrame.Distributor, Ipriorityr + 96));
    }

    [Theory]
    [InlineData(4, 0xF0u)]
    [InlineData(6, 0xFCu)]
    [InlineData(8, 0xFFu)]
    [Scenario("G04")]
    public void Other_widths_of_priority_keep_their_upper_bits(int bits, uint kept)
    {
        var gic = new GicV2(new GicV2Options { IntidCount = 64, PriorityBits = bits });
        gic.WriteRegister(0, GicFrame.Distributor, Ipriorityr + 40, 1, 0xFF);
        Assert.Equal(kept, gic.ReadRegister(0, GicFrame.Distributor, Ipriorityr + 40, 1).Value);
    }

    [Fact]
    [Scenario("G05")]
    public void Targets_of_absent_CPUs_are_masked_bytes_are_accessible_and_nothing_is_past_the_last()
    {
        Machine machine = Machine.V2(cpus: 3);
        machine.Write(GicFrame.Distributor, Itargetsr + 40, 0xFFFF_FF02);
        Assert.Equal(0x0707_0702u, machine.Read(GicFrame.Distributor, Itargetsr + 40));
        machine.Write(GicFrame.Distributor, Itargetsr + 41, 0x05, width: 1);
        Assert.Equal(0x0707_0502u, machine.Read(GicFrame.Distributor, Itargetsr + 40));
        machine.Write(GicFrame.Distributor, Itargetsr + 96, uint.MaxValue);
        Assert.Equal(0u, machine.Read(GicFrame.Distributor, Itargetsr + 96));

        // Private INTIDs are for the CPU that reads, unalterably.
        machine.Write(GicFrame.Distributor, Itargetsr + 4, 0, cpu: 2);
        Assert.Equal(0x0404_0404u, machine.Read(GicFrame.Distributor, Itargetsr + 4, cpu: 2));
    }

    [Fact]
    [Scenario("G05")]
    public void With_one_CPU_targets_read_zero_by_the_architecture_and_one_in_KVM()
    {
        Machine architecture = Machine.V2();
        architecture.Write(GicFrame.Distributor, Itargetsr + 40, 0x0101_0101);
        Assert.Equal(0u, architecture.Read(GicFrame.Distributor, Itargetsr + 40));
        Assert.Equal(0u, architecture.Read(GicFrame.Distributor, Itargetsr));

        Machine kvm = Machine.V2(deviations: GicDeviations.Kvm);
        kvm.Write(GicFrame.Distributor, Itargetsr + 40, 0x0101_0101);
        Assert.Equal(0x0101_0101u, kvm.Read(GicFrame.Distributor, Itargetsr + 40));
        Assert.Equal(0x0101_0101u, kvm.Read(GicFrame.Distributor, Itargetsr));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(8)]
    [Scenario("G06")]
    public void TYPER_counts_the_CPUs(int cpus) =>
        Assert.Equal((uint)cpus - 1, Machine.V2(cpus).Read(GicFrame.Distributor, 4) >> 5 & 7);

    [Fact]
    [Scenario("G08")]
    public void The_SGI_bits_of_ISPENDR0_and_ICPENDR0_are_read_only()
    {
        Machine machine = Machine.V2(cpus: 2);
        machine.Write(GicFrame.Distributor, 0x200, 0xFFFF);
        Assert.Equal(0u, machine.Read(GicFrame.Distributor, 0x200));
        machine.SendSgi(4, from: 1, 0);
        machine.Write(GicFrame.Distributor, 0x280, 0xFFFF);
        Assert.Equal(1u << 4, machine.Read(GicFrame.Distributor, 0x200));
    }

    [Fact]
    public void SPENDSGIR_and_CPENDSGIR_set_and_drop_single_sources()
    {
        Machine machine = Machine.V2(cpus: 3);
        machine.Write(GicFrame.Distributor, Spendsgir + 4, 0x0000_0600);
        Assert.Equal(0x0000_0600u, machine.Read(GicFrame.Distributor, Cpendsgir + 4));
        machine.Write(GicFrame.Distributor, Cpendsgir + 5, 0x02, width: 1);
        Assert.Equal(0x04u, machine.Read(GicFrame.Distributor, Spendsgir + 5, width: 1));
        Assert.Equal(5u | 2u << 10, machine.Acknowledge());
        Assert.Equal(0u, machine.Read(GicFrame.Distributor, 0x200));
    }

    [Fact]
    [Scenario("G09")]
    public void IAR_reads_1023_when_the_group_is_off_and_1022_when_it_may_not_acknowledge_group_1()
    {
        Machine machine = Machine.V2();
        machine.Write(GicFrame.Distributor, 0, 3);
        machine.Write(GicFrame.Distributor, 0x084, 1u << 8);
        machine.Enable(40);
        machine.Pulse(40);

        machine.Write(GicFrame.CpuInterface, 0x00, 0b01);
        Assert.Equal(Intid.Spurious, machine.Acknowledge());

        machine.Write(GicFrame.CpuInterface, 0x00, 0b11);
        Assert.Equal(Intid.WrongGroup, machine.Acknowledge());
        Assert.Equal(Intid.WrongGroup, machine.Read(GicFrame.CpuInterface, 0x18));
        Assert.True(machine.IsPending(40));

        Assert.Equal(40u, machine.Read(GicFrame.CpuInterface, 0x28));
        Assert.Equal(40u, machine.Read(GicFrame.CpuInterface, 0x20));
        Assert.Equal(1u, machine.Read(GicFrame.CpuInterface, 0xE0));
        machine.Write(GicFrame.CpuInterface, 0x24, 40);
        Assert.False(machine.IsActive(40));

        machine.Pulse(40);
        machine.Write(GicFrame.CpuInterface, 0x00, 0b111);
        Assert.Equal(40u, machine.Acknowledge());
    }

    [Fact]
    public void The_alias_IAR_does_not_see_group_0()
    {
        Machine machine = Machine.V2();
        machine.Enable(40);
        machine.Pulse(40);
        Assert.Equal(Intid.Spurious, machine.Read(GicFrame.CpuInterface, 0x20));
        Assert.Equal(40u, machine.Acknowledge());
    }

    [Fact]
    public void Group_0_is_FIQ_if_FIQEn_and_IRQ_otherwise()
    {
        Machine machine = Machine.V2();
        machine.Enable(40);
        machine.Pulse(40);
        Assert.Equal(CpuSignals.Irq, machine.Gic.Signalled(0));
        machine.Write(GicFrame.CpuInterface, 0x00, 0b1001);
        Assert.Equal(CpuSignals.Fiq, machine.Gic.Signalled(0));
    }

    [Fact]
    public void An_SPI_with_two_targets_is_for_whoever_takes_it_and_in_KVM_for_the_lower()
    {
        Machine both = Machine.V2(cpus: 2);
        both.Write(GicFrame.Distributor, Itargetsr + 40, 3, width: 1);
        both.Enable(40);
        both.Pulse(40);
        Assert.True(both.Irq(0) && both.Irq(1));
        Assert.Equal(40u, both.Acknowledge(1));
        Assert.Equal(Intid.Spurious, both.Acknowledge(0));

        Machine lower = Machine.V2(cpus: 2, GicDeviations.Kvm);
        lower.Write(GicFrame.Distributor, Itargetsr + 40, 3, width: 1);
        lower.Enable(40);
        lower.Pulse(40);
        Assert.True(lower.Irq(0) && !lower.Irq(1));
        lower.Write(GicFrame.Distributor, Itargetsr + 40, 0, width: 1);
        Assert.True(lower.Irq(0));
    }

    [Fact]
    public void Raw_lines_can_be_read_where_the_chip_shows_them()
    {
        var gic = new GicV2(new GicV2Options { IntidCount = 96, RawLineRegisters = true });
        gic.SetLine(27, 0, true);
        gic.SetLine(40, 0, true);
        Assert.Equal(1ul << 11, gic.ReadRegister(0, GicFrame.Distributor, 0xD00, 4).Value);
        Assert.Equal(1ul << 8, gic.ReadRegister(0, GicFrame.Distributor, 0xD04, 4).Value);
        Assert.Equal(RegisterErrorKind.ReadOnly, gic.WriteRegister(0, GicFrame.Distributor, 0xD00, 4, 0).Error.Kind);
    }

    [Fact]
    public void Binary_points_below_the_smallest_become_the_smallest()
    {
        Machine machine = Machine.V2();
        machine.Write(GicFrame.CpuInterface, 0x08, 0);
        machine.Write(GicFrame.CpuInterface, 0x1C, 0);
        Assert.Equal(2u, machine.Read(GicFrame.CpuInterface, 0x08));
        Assert.Equal(3u, machine.Read(GicFrame.CpuInterface, 0x1C));
    }

    [Fact]
    [Scenario("V15")]
    public void Without_a_GICv3_CPU_interface_every_ICC_register_is_undefined()
    {
        Machine machine = Machine.V2();
        foreach (IccRegister register in Enum.GetValues<IccRegister>())
        {
            Assert.Equal(RegisterErrorKind.Undefined, machine.Gic.ReadSystemRegister(0, register).Error.Kind);
            Assert.Equal(RegisterErrorKind.Undefined, machine.Gic.WriteSystemRegister(0, register, 1).Error.Kind);
        }
    }
}
