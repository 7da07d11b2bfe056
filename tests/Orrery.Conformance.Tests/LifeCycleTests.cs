using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V3;
using Orrery.Interrupts.Tests;
using Xunit;

namespace Orrery.Conformance.Tests;

/// <summary>
/// What calls answer in each phase of a machine's life, on real KVM and on the model of it: the same calls on both, and
/// what the specification says.
/// </summary>
[Collection(LiveCollection.Name)]
public sealed class LifeCycleTests(LiveHosts hosts)
{
    private const ulong V2Distributor = 0, V3Distributor = 2, V3Redistributors = 3, V3Region = 5;

    [Fact]
    [Scenario("P15", CheckedBy.Live)]
    public void Registers_of_a_GICv3_are_out_of_reach_before_initialisation()
    {
        var twin = new DeviceTwin(hosts.For(VgicKind.GicV3), VgicKind.GicV3, vcpus: 1);
        twin.Get(VgicAttribute.Distributor(0), KvmErrno.Busy);
        twin.Set(new VgicAttribute(VgicGroup.IntidCount, 0), 64, KvmErrno.None);
        twin.Get(VgicAttribute.Distributor(0), KvmErrno.Busy);
        twin.Set(VgicAttribute.SystemRegister(Affinity.OfVcpu(0), IccRegister.PriorityMask), 0xF0, KvmErrno.Busy);
        twin.Set(new VgicAttribute(VgicGroup.Control, VgicAttribute.ControlInit), 0, KvmErrno.None);
        twin.Get(VgicAttribute.Distributor(0), KvmErrno.None);
        twin.Set(new VgicAttribute(VgicGroup.IntidCount, 0), 96, KvmErrno.Busy);
        twin.Compare();
    }

    [Fact]
    public void Registers_of_a_GICv2_initialise_it()
    {
        var twin = new DeviceTwin(hosts.For(VgicKind.GicV2), VgicKind.GicV2, vcpus: 2);
        twin.Set(new VgicAttribute(VgicGroup.IntidCount, 0), 63, KvmErrno.Invalid);
        twin.Get(VgicAttribute.DistributorV2(0, 4), KvmErrno.None);
        twin.Set(new VgicAttribute(VgicGroup.IntidCount, 0), 64, KvmErrno.Busy);
        twin.Compare();
    }

    [Fact]
    [Scenario("V16", CheckedBy.Live)]
    public void Redistributor_regions_that_cannot_be_are_refused()
    {
        var twin = new DeviceTwin(hosts.For(VgicKind.GicV3), VgicKind.GicV3, vcpus: 4);
        void Region(ulong count, ulong address, ulong flags, ulong index, KvmErrno expected) => twin.Set(
            new VgicAttribute(VgicGroup.Address, V3Region), count << 52 | address | flags << 12 | index, expected);
        Region(2, 0x8000_1000, 0, 0, KvmErrno.Invalid); // misaligned: reads as flags
        Region(0, 0x8000_0000, 0, 0, KvmErrno.Invalid);
        Region(2, 0x8000_0000, 1, 0, KvmErrno.Invalid);
        Region(2, 0x8000_0000, 0, 1, KvmErrno.Invalid); // a gap before it
        Region(2, 0x8000_0000, 0, 0, KvmErrno.None);
        Region(2, 0x8001_0000, 0, 1, KvmErrno.Invalid); // overlaps
        Region(2, 0x000F_FFFF_FFFF_0000, 0, 1, KvmErrno.TooBig); // beyond the address space
        twin.Set(new VgicAttribute(VgicGroup.Address, V3Redistributors), 0x9000_0000, KvmErrno.Invalid); // mixed with legacy
        twin.Compare();
    }

    [Theory]
    [InlineData(0x8004_0000, false)] // the second region follows the first at once
    [InlineData(0x9000_0000, true)]
    [Scenario("V17", CheckedBy.Live)]
    public void TYPER_says_Last_on_the_last_redistributor_of_a_run(ulong secondRegion, bool isSplit)
    {
        const ulong last = 1 << 4;
        const uint typer = 8;
        var twin = new DeviceTwin(hosts.For(VgicKind.GicV3), VgicKind.GicV3, vcpus: 4);
        twin.Set(new VgicAttribute(VgicGroup.Address, V3Region), 2UL << 52 | 0x8000_0000, KvmErrno.None);
        twin.Set(new VgicAttribute(VgicGroup.Address, V3Region), 2UL << 52 | secondRegion | 1, KvmErrno.None);
        twin.Set(new VgicAttribute(VgicGroup.Control, VgicAttribute.ControlInit), 0, KvmErrno.None);
        for (int vcpu = 0; vcpu < 4; vcpu++)
        {
            bool isLast = vcpu == 3 || (isSplit && vcpu == 1);
            twin.GetValue(VgicAttribute.Redistributor(Affinity.OfVcpu(vcpu), typer), last, isLast ? last : 0);
        }

        twin.Compare();
    }

    [Fact]
    [Scenario("V18", CheckedBy.Live)]
    public void A_vCPU_does_not_run_without_redistributors_or_initialisation()
    {
        // A machine whose first run fails is dead: every further call on it answers EIO. So each failure has its own.
        var noRedistributors = new DeviceTwin(hosts.For(VgicKind.GicV3), VgicKind.GicV3, vcpus: 1);
        noRedistributors.Set(new VgicAttribute(VgicGroup.Address, V3Distributor), 0x800_0000, KvmErrno.None);
        noRedistributors.Run(KvmErrno.NoSuchAttribute);
        noRedistributors.Compare();

        var notInitialised = new DeviceTwin(hosts.For(VgicKind.GicV3), VgicKind.GicV3, vcpus: 1);
        notInitialised.Set(new VgicAttribute(VgicGroup.Address, V3Distributor), 0x800_0000, KvmErrno.None);
        notInitialised.Set(new VgicAttribute(VgicGroup.Address, V3Redistributors), 0x80A_0000, KvmErrno.None);
        notInitialised.Run(KvmErrno.Busy);
        notInitialised.Compare();
    }

    [Fact]
    public void Addresses_are_aligned_and_set_once()
    {
        var twin = new DeviceTwin(hosts.For(VgicKind.GicV2), VgicKind.GicV2, vcpus: 1);
        twin.Set(new VgicAttribute(VgicGroup.Address, V2Distributor), 0x800_0800, KvmErrno.Invalid);
        twin.Set(new VgicAttribute(VgicGroup.Address, V2Distributor), 1UL << 41, KvmErrno.TooBig);
        twin.Set(new VgicAttribute(VgicGroup.Address, V2Distributor), 0x800_0000, KvmErrno.None);
        twin.Set(new VgicAttribute(VgicGroup.Address, V2Distributor), 0x900_0000, KvmErrno.Exists);
        twin.Set(new VgicAttribute(VgicGroup.Address, V3Distributor), 0x900_0000, KvmErrno.NoSuchAttribute);
        twin.Compare();
    }

    [Fact]
    [Scenario("R27", CheckedBy.Live)]
    public void With_a_GIC_in_the_kernel_the_inputs_of_CPUs_cannot_be_driven()
    {
        var twin = new DeviceTwin(hosts.For(VgicKind.GicV3), VgicKind.GicV3, vcpus: 1);
        twin.Set(new VgicAttribute(VgicGroup.Control, VgicAttribute.ControlInit), 0, KvmErrno.None);
        twin.Line(new KvmIrqLine(KvmIrqType.Cpu, 0, 0), KvmErrno.NoSuchAttribute);
        twin.Line(new KvmIrqLine(KvmIrqType.Ppi, 1, 20), KvmErrno.Invalid);
        twin.Line(new KvmIrqLine((KvmIrqType)3, 0, 20), KvmErrno.Invalid);
        twin.Line(new KvmIrqLine(KvmIrqType.Ppi, 0, 20), KvmErrno.None);
        twin.Compare();
    }
}
