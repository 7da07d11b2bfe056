using FsCheck;
using FsCheck.Fluent;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V3;
using Xunit;

namespace Orrery.Interrupts.Tests.Gic;

/// <summary>Accesses that a guest or a monitor should not make: an error with its place, no effect, never an exception.</summary>
public class BadAccessTests
{
    private const int Cpus = 2;

    public static TheoryData<GicFrame, uint, int, RegisterErrorKind> Faults => new()
    {
        { GicFrame.Distributor, 0x0102, 4, RegisterErrorKind.Misaligned },
        { GicFrame.Distributor, 0x0104, 1, RegisterErrorKind.WrongWidth },
        { GicFrame.Distributor, 0x0104, 2, RegisterErrorKind.WrongWidth },
        { GicFrame.Distributor, 0x0108, 8, RegisterErrorKind.WrongWidth },
        { GicFrame.Distributor, 0x0104, 3, RegisterErrorKind.Misaligned },
        { GicFrame.Distributor, 0x0104, 0, RegisterErrorKind.Misaligned },
        { GicFrame.Distributor, 0x0044, 4, RegisterErrorKind.NoRegister },
        { GicFrame.Distributor, 0x1_0000, 4, RegisterErrorKind.OutsideFrame },
        { GicFrame.Distributor, 0xFFFF_FFFC, 4, RegisterErrorKind.OutsideFrame },
        { GicFrame.ItsTranslation, 0x0040, 4, RegisterErrorKind.OutsideFrame },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_faulty_access_says_what_and_where(GicFrame frame, uint offset, int width, RegisterErrorKind kind)
    {
        foreach (Machine machine in (Machine[])[Machine.V2(), Machine.V3()])
        {
            RegisterError read = machine.Gic.ReadRegister(0, frame, offset, width).Error;
            RegisterError write = machine.Gic.WriteRegister(0, frame, offset, width, 0).Error;
            Assert.Equal(kind, read.Kind);
            Assert.Equal(kind, write.Kind);
            Assert.Equal((frame, offset), (read.Frame, read.Offset));
            Assert.Contains($"0x{offset:X4}", write.ToString());
        }
    }

    [Fact]
    public void Messages_name_the_place()
    {
        Machine machine = Machine.V3();
        Assert.Equal(
            "GICD+0x0102, 4 bytes, cpu 0: the offset is not a multiple of the width",
            machine.Gic.ReadRegister(0, GicFrame.Distributor, 0x102, 4).Error.ToString());
        Assert.Equal(
            "system register 0xC661, cpu 0: the register is write-only",
            machine.Gic.ReadSystemRegister(0, IccRegister.EndOfInterrupt1).Error.ToString());
        Assert.Equal(
            "GICR+0x0000, 4 bytes, cpu 9: there is no such CPU",
            machine.Gic.ReadRegister(9, GicFrame.Redistributor, 0, 4).Error.ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_access_throws_and_a_refused_one_changes_nothing(bool v3)
    {
        var frames = Gen.Choose(0, 8).Select(f => (GicFrame)f);
        var widths = Gen.Elements(-1, 0, 1, 2, 3, 4, 8, 16);
        var offsets = Gen.OneOf(Gen.Choose(0, 0x1010), Gen.Choose(0, 0x1_0010), Gen.Choose(int.MinValue, int.MaxValue));
        var accesses =
            from cpu in Gen.Choose(-1, Cpus)
            from frame in frames
            from offset in offsets
            from width in widths
            from value in ArbMap.Default.GeneratorFor<ulong>()
            from isWrite in ArbMap.Default.GeneratorFor<bool>()
            select (cpu, frame, offset: (uint)offset, width, value, isWrite);
        Machine machine = v3 ? Machine.V3(Cpus) : Machine.V2(Cpus);
        Prop.ForAll(Arb.From(accesses), access =>
        {
            Machine before = machine.Clone();
            RegisterResult result = access.isWrite
                ? machine.Gic.WriteRegister(access.cpu, access.frame, access.offset, access.width, access.value)
                : machine.Gic.ReadRegister(access.cpu, access.frame, access.offset, access.width);
            ClearStatus(machine);
            ClearStatus(before);
            return result.IsOk
                || (machine.StateEquals(before) && result.Value == 0 && (result.Error.Frame, result.Error.Offset) == (access.frame, access.offset));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }

    [Fact]
    public void No_system_register_throws_and_a_refused_one_changes_nothing()
    {
        var accesses =
            from cpu in Gen.Choose(-1, Cpus)
            from register in Gen.OneOf(Gen.Choose(0xC600, 0xC680), Gen.Choose(0, ushort.MaxValue))
            from value in ArbMap.Default.GeneratorFor<ulong>()
            from isWrite in ArbMap.Default.GeneratorFor<bool>()
            select (cpu, register: (IccRegister)register, value, isWrite);
        Machine machine = Machine.V3(Cpus);
        Prop.ForAll(Arb.From(accesses), access =>
        {
            Machine before = machine.Clone();
            RegisterResult result = access.isWrite
                ? machine.Gic.WriteSystemRegister(access.cpu, access.register, access.value)
                : machine.Gic.ReadSystemRegister(access.cpu, access.register);
            return result.IsOk || (machine.StateEquals(before) && result.Value == 0);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_attribute_throws_and_a_refused_one_changes_nothing(bool v3)
    {
        var accesses =
            from grp in Gen.Choose(0, 9)
            from low in Gen.OneOf(Gen.Choose(0, 0x1000), Gen.Choose(0xC000, 0xD000), Gen.Choose(0, 0x2_0000))
            from high in Gen.OneOf(Gen.Choose(0, 2), Gen.Choose(int.MinValue, int.MaxValue))
            from value in ArbMap.Default.GeneratorFor<ulong>()
            from isWrite in ArbMap.Default.GeneratorFor<bool>()
            select (attribute: new VgicAttribute((VgicGroup)grp, (ulong)(uint)high << 32 | (uint)low), value, isWrite);
        Machine machine = v3 ? Machine.V3(Cpus) : Machine.V2(Cpus);
        var vgic = (IVgic)machine.Gic;
        Prop.ForAll(Arb.From(accesses), access =>
        {
            Machine before = machine.Clone();
            vgic.HasAttribute(access.attribute);
            if (!access.isWrite)
            {
                vgic.GetAttribute(access.attribute);
                return machine.StateEquals(before);
            }

            return vgic.SetAttribute(access.attribute, access.value) == KvmErrno.None || machine.StateEquals(before);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }

    /// <summary>A device before and after it is initialised: attributes, lines and runs in any order.</summary>
    [Theory]
    [InlineData(VgicKind.GicV2)]
    [InlineData(VgicKind.GicV3)]
    public void No_call_on_a_device_throws(VgicKind kind)
    {
        var calls =
            from what in Gen.Choose(0, 6)
            from grp in Gen.Choose(0, 9)
            from low in Gen.OneOf(Gen.Choose(0, 8), Gen.Choose(0, 0x2_0000))
            from high in Gen.OneOf(Gen.Choose(0, 2), Gen.Choose(int.MinValue, int.MaxValue))
            from value in Gen.OneOf(ArbMap.Default.GeneratorFor<ulong>(), Gen.Elements(64ul, 0x800_0000ul, 0x80A_0000ul, 96ul))
            select (what, attribute: new VgicAttribute((VgicGroup)grp, (ulong)(uint)high << 32 | (uint)low), value);
        Prop.ForAll(Arb.From(Gen.ListOf(calls, 60)), sequence =>
        {
            var device = new KvmVgic(new KvmVgicOptions { Kind = kind });
            foreach ((int what, VgicAttribute attribute, ulong value) in sequence)
            {
                _ = what switch
                {
                    0 => device.CreateVcpu(),
                    1 => device.IrqLine((uint)value, (value & 1) != 0),
                    2 => device.PrepareRun((int)(value % 4)),
                    3 => device.HasAttribute(attribute),
                    4 => device.GetAttribute(attribute).Error,
                    5 => device.SetAttribute(new VgicAttribute(VgicGroup.Control, VgicAttribute.ControlInit), 0),
                    _ => device.SetAttribute(attribute, value),
                };
                device.LeaveGuest((int)(value % 4));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    /// <summary>A faulty access to a GICv3 may be noted in its status registers, and nowhere else.</summary>
    private static void ClearStatus(Machine machine)
    {
        for (int cpu = 0; cpu < Cpus && machine.Gic is GicV3; cpu++)
        {
            machine.Gic.WriteRegister(cpu, GicFrame.Distributor, 0x10, 4, 0xF);
            machine.Gic.WriteRegister(cpu, GicFrame.Redistributor, 0x10, 4, 0xF);
        }
    }
}
