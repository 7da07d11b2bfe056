using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V2;
using Orrery.Interrupts.Gic.V3;
using Orrery.Interrupts.State;
using Xunit;
using static Orrery.Interrupts.Tests.Gic.Kvm.Vgic;

namespace Orrery.Interrupts.Tests.Gic.Kvm;

/// <summary>What user space's accesses do that a guest's do not.</summary>
public class UserspaceAccessTests
{
    private const uint Word1 = 4;

    [Fact]
    [Scenario("P03")]
    public void V3_ISPENDR_is_an_assignment()
    {
        KvmVgic device = New(VgicKind.GicV3);
        Set(device, VgicAttribute.Distributor(0x200 + Word1), 3u << 20);
        Assert.Equal(3ul << 20, Get(device, VgicAttribute.Distributor(0x200 + Word1)));
        Set(device, VgicAttribute.Distributor(0x200 + Word1), 1u << 20);
        Assert.Equal(1ul << 20, Get(device, VgicAttribute.Distributor(0x200 + Word1)));
    }

    [Fact]
    [Scenario("P04")]
    public void V3_ICPENDR_reads_zero_and_ignores_writes()
    {
        KvmVgic device = New(VgicKind.GicV3);
        Set(device, VgicAttribute.Distributor(0x200 + Word1), 1u << 20);
        Set(device, VgicAttribute.Distributor(0x280 + Word1), 1u << 20);
        Assert.Equal(0ul, Get(device, VgicAttribute.Distributor(0x280 + Word1)));
        Assert.Equal(1ul << 20, Get(device, VgicAttribute.Distributor(0x200 + Word1)));
    }

    [Fact]
    [Scenario("P05")]
    public void V2_ISPENDR_sets_and_ICPENDR_clears_SGIs_included()
    {
        KvmVgic device = New(VgicKind.GicV2, vcpus: 2);
        VgicAttribute set = VgicAttribute.DistributorV2(1, 0x200);
        VgicAttribute clear = VgicAttribute.DistributorV2(1, 0x280);
        Set(device, set, 3u << 20 | 1u << 5);
        Set(device, set, 1u << 20);
        Assert.Equal(3ul << 20 | 1ul << 5, Get(device, set));
        Assert.Equal(1ul << 1, Get(device, VgicAttribute.DistributorV2(1, 0xF24)) >> 8 & 0xFF);
        Set(device, clear, 1u << 20 | 1u << 5);
        Assert.Equal(1ul << 21, Get(device, set));
        Assert.Equal(0ul, Get(device, VgicAttribute.DistributorV2(1, 0xF24)));
    }

    [Fact]
    [Scenario("P06")]
    public void V3_user_space_sees_the_latch_where_the_guest_sees_the_line()
    {
        KvmVgic device = New(VgicKind.GicV3);
        Assert.Equal(KvmErrno.None, device.IrqLine(new KvmIrqLine(KvmIrqType.Ppi, 0, 27).Encode(), true));
        Assert.Equal(0ul, Get(device, Sgi(0x200)));
        Assert.Equal(1ul << 27, device.Gic!.ReadRegister(0, GicFrame.RedistributorSgi, 0x200, 4).Value);
    }

    [Theory]
    [InlineData(VgicKind.GicV2)]
    [InlineData(VgicKind.GicV3)]
    [Scenario("P08")]
    public void Zeros_written_to_a_clear_register_clear_nothing(VgicKind kind)
    {
        KvmVgic device = New(kind);
        VgicAttribute set = VgicAttribute.Distributor(0x300 + Word1);
        Set(device, set, 0xF0);
        Set(device, VgicAttribute.Distributor(0x380 + Word1), 0);
        Assert.Equal(0xF0ul, Get(device, set));
        Set(device, VgicAttribute.Distributor(0x380 + Word1), uint.MaxValue);
        Assert.Equal(0ul, Get(device, set));
    }

    [Fact]
    [Scenario("P09")]
    [Scenario("P10")]
    public void The_active_bit_of_a_timer_PPI_can_be_restored_before_the_first_run_only()
    {
        KvmVgic device = New(VgicKind.GicV3);
        Set(device, Sgi(0x300), 1u << 27);
        Assert.Equal(KvmErrno.None, device.PrepareRun(0));
        Assert.Equal(1ul << 27, Get(device, Sgi(0x300)));
        Set(device, Sgi(0x380), 1u << 27);
        Assert.Equal(1ul << 27, Get(device, Sgi(0x300)));
        Set(device, Sgi(0x300), 1u << 27 | 1u << 20);
        Assert.Equal(1ul << 27 | 1ul << 20, Get(device, Sgi(0x300)));
    }

    [Fact]
    [Scenario("P11")]
    public void The_line_of_a_timer_PPI_can_be_driven_before_the_first_run_only()
    {
        KvmVgic device = New(VgicKind.GicV3);
        uint ppi = new KvmIrqLine(KvmIrqType.Ppi, 0, 27).Encode();
        Assert.Equal(KvmErrno.None, device.IrqLine(ppi, true));
        Assert.Equal(1ul << 27, Get(device, VgicAttribute.LineLevel(default, 0)));
        Assert.Equal(KvmErrno.None, device.PrepareRun(0));
        Assert.Equal(0ul, Get(device, VgicAttribute.LineLevel(default, 0)));
        Assert.Equal(KvmErrno.None, device.IrqLine(ppi, true));
        Assert.Equal(0ul, Get(device, VgicAttribute.LineLevel(default, 0)));
    }

    [Fact]
    [Scenario("P12")]
    public void V2_groups_can_be_written_once_IIDR_has_been()
    {
        KvmVgic device = New(VgicKind.GicV2);
        VgicAttribute group = VgicAttribute.DistributorV2(0, 0x084);
        VgicAttribute iidr = VgicAttribute.DistributorV2(0, 0x008);
        Set(device, group, 0xFF);
        Assert.Equal(0ul, Get(device, group));
        Assert.Equal(KvmErrno.Invalid, device.SetAttribute(iidr, 0));
        Set(device, iidr, Get(device, iidr));
        Set(device, group, 0xFF);
        Assert.Equal(0xFFul, Get(device, group));
    }

    [Theory]
    [InlineData(0xFF, 0x1F, 0xF8)]
    [InlineData(0xF0, 0x10, 0x80)]
    [InlineData(0x1F, 0x1F, 0xF8)]
    [Scenario("P13")]
    public void V2_PMR_is_shifted_by_three(uint written, uint reads, uint mask)
    {
        KvmVgic device = New(VgicKind.GicV2);
        VgicAttribute pmr = VgicAttribute.CpuInterface(0, 0x04);
        Set(device, pmr, written);
        Assert.Equal(reads, Get(device, pmr));
        Assert.Equal(mask, device.Gic!.ReadRegister(0, GicFrame.CpuInterface, 0x04, 4).Value);
    }

    [Fact]
    [Scenario("P14")]
    public void V2_IAR_is_unknown_to_HAS_and_zero_to_GET()
    {
        KvmVgic device = New(VgicKind.GicV2);
        VgicAttribute iar = VgicAttribute.CpuInterface(0, 0x0C);
        Assert.Equal(KvmErrno.NoSuchAttribute, device.HasAttribute(iar));
        Assert.Equal(0ul, Get(device, iar));
    }

    [Fact]
    [Scenario("P15")]
    public void V3_registers_are_out_of_reach_before_initialisation()
    {
        KvmVgic device = New(VgicKind.GicV3, initialise: false);
        Assert.Equal(KvmErrno.Busy, device.GetAttribute(VgicAttribute.Distributor(0)).Error);
        Assert.Equal(KvmErrno.Busy, device.SetAttribute(Icc(IccRegister.PriorityMask), 0xF0));
        KvmVgic v2 = New(VgicKind.GicV2, initialise: false);
        Assert.Equal(0x4B00_343Bul, Get(v2, VgicAttribute.DistributorV2(0, 8)));
    }

    [Fact]
    [Scenario("P16")]
    public void A_buffer_of_the_wrong_size_is_refused_before_the_kernel_writes_past_it()
    {
        var gic = (IVgic)New(VgicKind.GicV3).Gic!;
        byte[] four = [1, 2, 3, 4], eight = new byte[8];
        AttributeBufferError? error = AttributeBuffer.Get(gic, Icc(IccRegister.PriorityMask), four);
        Assert.Equal("CPU_SYSREGS 0x000000000000C230: a buffer of 4 bytes where the kernel takes 8", error.ToString());
        Assert.Equal([1, 2, 3, 4], four);
        Assert.NotNull(AttributeBuffer.Set(gic, Icc(IccRegister.PriorityMask), four));
        Assert.NotNull(AttributeBuffer.Get(gic, VgicAttribute.Distributor(8), eight));

        Assert.Null(AttributeBuffer.Set(gic, Icc(IccRegister.PriorityMask), [0xF0, 0, 0, 0, 0, 0, 0, 0]));
        Assert.Null(AttributeBuffer.Get(gic, Icc(IccRegister.PriorityMask), eight));
        Assert.Equal(0xF0, eight[0]);
        Assert.Null(AttributeBuffer.Get(gic, VgicAttribute.Distributor(8), four));
        Assert.Equal([0x3B, 0x34, 0x00, 0x4B], four);
        Assert.Equal(KvmErrno.Invalid, AttributeBuffer.Set(gic, VgicAttribute.Distributor(8), [0, 0, 0, 0])!.Value.Error);
    }

    [Fact]
    [Scenario("P17")]
    public void Registers_of_each_vCPU_are_its_own()
    {
        KvmVgic device = New(VgicKind.GicV3, vcpus: 18);
        for (int vcpu = 0; vcpu < 18; vcpu++)
        {
            Set(device, Sgi(0x300, vcpu), 1u << (vcpu + 10));
            Set(device, Icc(IccRegister.PriorityMask, vcpu), (uint)(vcpu + 1) << 3);
        }

        for (int vcpu = 0; vcpu < 18; vcpu++)
        {
            Assert.Equal(1ul << (vcpu + 10), Get(device, Sgi(0x300, vcpu)));
            Assert.Equal((ulong)(vcpu + 1) << 3, Get(device, Icc(IccRegister.PriorityMask, vcpu)));
        }

        // vCPU 17 is 0.0.1.1; 0.0.0.17 is nobody.
        Assert.Equal(KvmErrno.Invalid, device.GetAttribute(VgicAttribute.Redistributor(new Affinity(0, 0, 0, 17), 0)).Error);
    }

    [Theory]
    [InlineData(0x8C00, KvmErrno.None)]
    [InlineData(0x8A03, KvmErrno.None)]
    [InlineData(0x8D00, KvmErrno.Invalid)]
    [InlineData(0x9400, KvmErrno.Invalid)]
    [InlineData(0xCC00, KvmErrno.Invalid)]
    [InlineData(0x0C00, KvmErrno.Invalid)]
    [Scenario("P18")]
    public void ICC_CTLR_of_a_more_capable_or_different_source_is_refused(uint value, KvmErrno expected)
    {
        KvmVgic device = New(VgicKind.GicV3);
        VgicAttribute ctlr = Icc(IccRegister.Control);
        Assert.Equal(0x8C00ul, Get(device, ctlr));
        Assert.Equal(expected, device.SetAttribute(ctlr, value));
        Assert.Equal(expected == KvmErrno.None ? value : 0x8C00ul, Get(device, ctlr));
    }

    [Fact]
    public void Fewer_priority_bits_once_restored_cannot_be_taken_back()
    {
        KvmVgic device = New(VgicKind.GicV3);
        Set(device, Icc(IccRegister.Control), 0x8B00);
        Assert.Equal(KvmErrno.Invalid, device.SetAttribute(Icc(IccRegister.Control), 0x8C00));
    }

    [Theory]
    [InlineData(96u)]
    [InlineData(1020u)]
    [InlineData(1024u)]
    [InlineData(1120u)]
    [InlineData(5120u)]
    [InlineData(uint.MaxValue)]
    [Scenario("V06")]
    public void A_line_past_the_last_INTID_is_refused_and_delivers_nothing(uint intid)
    {
        KvmVgic device = New(VgicKind.GicV3);
        Assert.Equal(LineError.NoSuchLine, device.Gic!.SetLine(intid, 0, true));
        Assert.Equal(KvmErrno.Invalid, device.IrqLine(new KvmIrqLine(KvmIrqType.Spi, 0, intid).Encode(), true));
        Assert.Equal(0ul, Get(device, VgicAttribute.LineLevel(default, 32)) | Get(device, VgicAttribute.LineLevel(default, 64)));
        Assert.Equal(0ul, Get(device, VgicAttribute.Distributor(0x204)) | Get(device, VgicAttribute.Distributor(0x208)));
    }

    [Theory]
    [InlineData(96u, KvmErrno.None)]
    [InlineData(992u, KvmErrno.None)]
    [InlineData(1000u, KvmErrno.Invalid)]
    [InlineData(33u, KvmErrno.Invalid)]
    [InlineData(1024u, KvmErrno.Invalid)]
    [InlineData(5120u, KvmErrno.Invalid)]
    [Scenario("V07")]
    public void LEVEL_INFO_refuses_only_what_is_unaligned_or_beyond_1023(uint intid, KvmErrno expected)
    {
        KvmVgic device = New(VgicKind.GicV3);
        Assert.Equal(expected, device.SetAttribute(VgicAttribute.LineLevel(default, intid), uint.MaxValue));
        if (expected == KvmErrno.None)
        {
            Assert.Equal(0ul, Get(device, VgicAttribute.LineLevel(default, intid)));
        }
    }

    [Fact]
    public void LEVEL_INFO_of_the_private_word_has_no_SGIs()
    {
        KvmVgic device = New(VgicKind.GicV3);
        Set(device, VgicAttribute.LineLevel(default, 0), uint.MaxValue);
        Assert.Equal(0xFFFF_0000ul, Get(device, VgicAttribute.LineLevel(default, 0)));
    }

    [Fact]
    [Scenario("V10")]
    public void After_reset_SPIs_are_edge_and_the_triggers_of_PPIs_are_fixed()
    {
        KvmVgic device = New(VgicKind.GicV3);
        Assert.Equal(0xAAAA_AAAAul, Get(device, VgicAttribute.Distributor(0xC08)));
        Assert.Equal(0xAAAA_AAAAul, Get(device, Sgi(0xC00)));
        Set(device, Sgi(0xC04), uint.MaxValue);
        Assert.Equal(0ul, Get(device, Sgi(0xC04)));
        Assert.Equal(0x0000_FFFFul, Get(device, Sgi(0x100)));
        Assert.Equal(0xFFFF_FFFFul, Get(device, Sgi(0x080)));
        Assert.Equal(0x50ul, Get(device, VgicAttribute.Distributor(0)));
    }

    [Fact]
    [Scenario("R26")]
    [Scenario("R28")]
    public void Without_a_GIC_in_the_kernel_only_CPU_inputs_can_be_driven()
    {
        Assert.Equal(KvmErrno.NoSuchAttribute, new KvmIrqLine(KvmIrqType.Spi, 0, 40).CheckWithoutGic(1));
        Assert.Equal(KvmErrno.NoSuchAttribute, new KvmIrqLine(KvmIrqType.Ppi, 0, 27).CheckWithoutGic(1));
        Assert.Equal(KvmErrno.None, new KvmIrqLine(KvmIrqType.Cpu, 0, 1).CheckWithoutGic(1));
        Assert.Equal(KvmErrno.Invalid, new KvmIrqLine(KvmIrqType.Cpu, 0, 2).CheckWithoutGic(1));
        Assert.Equal(KvmErrno.Invalid, new KvmIrqLine(KvmIrqType.Cpu, 1, 0).CheckWithoutGic(1));
        Assert.Equal(KvmErrno.Invalid, KvmIrqLine.Decode(3u << 24).CheckWithoutGic(1));
    }

    [Fact]
    [Scenario("R27")]
    public void With_a_GIC_in_the_kernel_CPU_inputs_cannot_be_driven()
    {
        KvmVgic device = New(VgicKind.GicV3);
        Assert.Equal(KvmErrno.NoSuchAttribute, device.IrqLine(new KvmIrqLine(KvmIrqType.Cpu, 0, 0).Encode(), true));
    }

    [Fact]
    public void The_vCPU_of_a_line_is_in_two_parts()
    {
        var line = new KvmIrqLine(KvmIrqType.Ppi, 300, 27);
        Assert.Equal(0x122C_001Bu, line.Encode());
        Assert.Equal(line, KvmIrqLine.Decode(line.Encode()));
    }

    [Fact]
    public void V2_active_priorities_are_one_register_for_both_groups()
    {
        KvmVgic device = New(VgicKind.GicV2);
        VgicAttribute apr = VgicAttribute.CpuInterface(0, 0xD0);
        Set(device, apr, 0x8000_0001);
        Assert.Equal(0x8000_0001ul, Get(device, apr));
        Set(device, VgicAttribute.CpuInterface(0, 0xD4), uint.MaxValue);
        Assert.Equal(0ul, Get(device, VgicAttribute.CpuInterface(0, 0xD4)));
        Assert.Equal(0ul, device.Gic!.ReadRegister(0, GicFrame.CpuInterface, 0x14, 4).Value);
    }

    [Fact]
    public void V2_a_restored_active_SGI_has_vCPU_0_as_its_source()
    {
        KvmVgic device = New(VgicKind.GicV2, vcpus: 2);
        var gic = (GicV2)device.Gic!;
        Set(device, VgicAttribute.DistributorV2(1, 0x300), 1u << 3);
        Assert.True(gic.Inspect(InterruptRef.OnCpu(3, 1))!.Value.Active);
        Assert.False(gic.Inspect(InterruptRef.OnCpu(3, 0))!.Value.Active);
    }
}
