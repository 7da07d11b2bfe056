using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V3;
using Xunit;
using static Orrery.Interrupts.Tests.Gic.Kvm.Vgic;

namespace Orrery.Interrupts.Tests.Gic.Kvm;

/// <summary>What a KVM GIC device answers before it is ready, and where its frames may lie.</summary>
public class LifeCycleTests
{
    private static readonly VgicAttribute Distributor = new(VgicGroup.Address, 2);
    private static readonly VgicAttribute LegacyRegion = new(VgicGroup.Address, 3);
    private static readonly VgicAttribute Region = new(VgicGroup.Address, 5);

    private static ulong RegionOf(ulong index, ulong address, ulong count, ulong flags = 0) =>
        index | flags << 12 | address | count << 52;

    private static KvmVgic Bare(int vcpus = 2)
    {
        var device = new KvmVgic(new KvmVgicOptions { Kind = VgicKind.GicV3 });
        for (int i = 0; i < vcpus; i++)
        {
            device.CreateVcpu();
        }

        return device;
    }

    [Fact]
    [Scenario("V16")]
    public void Redistributor_regions_that_cannot_be_are_refused()
    {
        KvmVgic device = Bare();
        Assert.Equal(KvmErrno.Invalid, device.SetAttribute(Region, RegionOf(1, 0x100_0000, 1)));
        Assert.Equal(KvmErrno.Invalid, device.SetAttribute(Region, RegionOf(0, 0x100_0000, 0)));
        Assert.Equal(KvmErrno.Invalid, device.SetAttribute(Region, RegionOf(0, 0x100_0000, 1, flags: 1)));
        Assert.Equal(KvmErrno.None, device.SetAttribute(Region, RegionOf(0, 0x100_0000, 2)));
        Assert.Equal(KvmErrno.Invalid, device.SetAttribute(Region, RegionOf(2, 0x200_0000, 1)));
        Assert.Equal(KvmErrno.Invalid, device.SetAttribute(Region, RegionOf(1, 0x102_0000, 1)));
        Assert.Equal(KvmErrno.TooBig, device.SetAttribute(Region, RegionOf(1, 1ul << 40, 1)));
        Assert.Equal(KvmErrno.TooBig, device.SetAttribute(Region, RegionOf(1, (1ul << 40) - 0x1_0000, 1)));
        Assert.Equal(KvmErrno.Invalid, device.SetAttribute(LegacyRegion, 0x200_0000));
        Assert.Equal(KvmErrno.None, device.SetAttribute(Region, RegionOf(1, 0x200_0000, 1)));
        Assert.Equal(RegionOf(1, 0x200_0000, 1), device.GetAttribute(Region, 1).Value);
        Assert.Equal(KvmErrno.NoEntry, device.GetAttribute(Region, 2).Error);
    }

    [Fact]
    [Scenario("V16")]
    public void The_legacy_region_is_aligned_and_alone()
    {
        KvmVgic device = Bare();
        Assert.Equal(KvmErrno.Invalid, device.SetAttribute(LegacyRegion, 0x100_1000));
        Assert.Equal(KvmErrno.None, device.SetAttribute(LegacyRegion, 0x100_0000));
        Assert.Equal(KvmErrno.Exists, device.SetAttribute(LegacyRegion, 0x200_0000));
        Assert.Equal(0x100_0000ul, device.GetAttribute(LegacyRegion).Value);
    }

    [Theory]
    [InlineData(new[] { 0x100_0000, 4 }, new[] { 3 })]
    [InlineData(new[] { 0x100_0000, 2, 0x104_0000, 2 }, new[] { 3 })]
    [InlineData(new[] { 0x100_0000, 2, 0x200_0000, 2 }, new[] { 1, 3 })]
    [InlineData(new[] { 0x200_0000, 1, 0x100_0000, 3 }, new[] { 0, 3 })]
    [InlineData(new[] { 0x104_0000, 2, 0x100_0000, 2 }, new[] { 1 })]
    [InlineData(new[] { 0x100_0000, 3, 0x106_0000, 8 }, new[] { 3 })]
    [InlineData(new[] { 0x100_0000, 8 }, new[] { 3 })]
    [Scenario("V17")]
    public void TYPER_says_Last_on_the_last_redistributor_of_a_run(int[] regions, int[] last)
    {
        KvmVgic device = Bare(vcpus: 4);
        for (int i = 0; i < regions.Length; i += 2)
        {
            Set(device, Region, RegionOf((ulong)i / 2, (ulong)regions[i], (ulong)regions[i + 1]));
        }

        Set(device, new(VgicGroup.Control, VgicAttribute.ControlInit), 0);
        int[] found = [.. Enumerable.Range(0, 4)
            .Where(cpu => (Get(device, VgicAttribute.Redistributor(Affinity.OfVcpu(cpu), 8)) & 1 << 4) != 0)];
        Assert.Equal(last, found);
    }

    [Fact]
    [Scenario("V18")]
    public void A_vCPU_does_not_run_without_redistributors_or_initialisation()
    {
        KvmVgic device = Bare(vcpus: 2);
        Assert.Equal(KvmErrno.NoSuchAttribute, device.PrepareRun(0));
        Set(device, Distributor, 0x0800_0000);
        Set(device, Region, RegionOf(0, 0x100_0000, 1));
        Assert.Equal(KvmErrno.NoSuchAttribute, device.PrepareRun(0));
        Set(device, Region, RegionOf(1, 0x200_0000, 1));
        Assert.Equal(KvmErrno.Busy, device.PrepareRun(0));
        Set(device, new(VgicGroup.Control, VgicAttribute.ControlInit), 0);
        Assert.Equal(KvmErrno.None, device.PrepareRun(0));
        Assert.Equal(KvmErrno.Invalid, device.PrepareRun(2));
    }

    [Theory]
    [InlineData(63u, KvmErrno.Invalid)]
    [InlineData(32u, KvmErrno.Invalid)]
    [InlineData(65u, KvmErrno.Invalid)]
    [InlineData(1056u, KvmErrno.Invalid)]
    [InlineData(64u, KvmErrno.None)]
    [InlineData(1024u, KvmErrno.None)]
    public void The_number_of_INTIDs_is_a_multiple_of_32_and_set_once(uint count, KvmErrno expected)
    {
        KvmVgic device = Bare();
        VgicAttribute attribute = new(VgicGroup.IntidCount, 0);
        Assert.Equal(32ul, Get(device, attribute));
        Assert.Equal(expected, device.SetAttribute(attribute, count));
        Assert.Equal(expected == KvmErrno.None ? KvmErrno.Busy : KvmErrno.None, device.SetAttribute(attribute, 96));
    }

    [Fact]
    public void Once_initialised_a_device_takes_no_more_vCPUs()
    {
        KvmVgic device = Vgic.New(VgicKind.GicV3);
        Assert.Equal(KvmErrno.Busy, device.CreateVcpu());
    }

    [Theory]
    [InlineData(VgicKind.GicV2, 0ul, 1ul)]
    [InlineData(VgicKind.GicV3, 2ul, 0ul)]
    public void Addresses_are_set_once_and_of_the_right_kind(VgicKind kind, ulong own, ulong other)
    {
        var device = new KvmVgic(new KvmVgicOptions { Kind = kind });
        device.CreateVcpu();
        Assert.Equal(KvmErrno.Invalid, device.SetAttribute(new(VgicGroup.Address, own), 0x800));
        Assert.Equal(KvmErrno.TooBig, device.SetAttribute(new(VgicGroup.Address, own), 1ul << 40));
        Assert.Equal(KvmErrno.None, device.SetAttribute(new(VgicGroup.Address, own), 0x1_0000));
        Assert.Equal(KvmErrno.Exists, device.SetAttribute(new(VgicGroup.Address, own), 0x2_0000));
        if (kind == VgicKind.GicV3)
        {
            Assert.Equal(KvmErrno.NoSuchAttribute, device.SetAttribute(new(VgicGroup.Address, other), 0x3_0000));
        }
    }
}
