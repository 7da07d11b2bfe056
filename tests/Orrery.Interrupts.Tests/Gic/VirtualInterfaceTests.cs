using FsCheck;
using FsCheck.Fluent;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Virtual;
using Xunit;

namespace Orrery.Interrupts.Tests.Gic;

/// <summary>List registers and the virtual CPU interface: what a hypervisor puts in, what its guest sees, what comes back.</summary>
public class VirtualInterfaceTests
{
    private const uint Hcr = 0x00, Vtr = 0x04, Vmcr = 0x08, Misr = 0x10, Eisr = 0x20, Elrsr = 0x30, Apr = 0xF0, List = 0x100;
    private const uint BothGroups = 3, AckCtl = 4, SplitEoi = 1 << 9, MaskOpen = 0xF8u << 24;

    private static VirtualInterface V2(uint control = 1, uint machineControl = BothGroups | AckCtl | MaskOpen, Machine? physical = null)
    {
        var guest = new VirtualInterface((physical ?? Machine.V2()).Gic, cpu: 0);
        guest.WriteRegister(Hcr, 4, control);
        guest.WriteRegister(Vmcr, 4, machineControl);
        return guest;
    }

    private static void Put(VirtualInterface guest, int register, VirtualInterrupt interrupt) =>
        guest.WriteRegister(List + 4 * (uint)register, 4, interrupt.EncodeV2());

    private static uint Read(VirtualInterface guest, uint offset) => (uint)guest.ReadRegister(offset, 4).Value;

    [Fact]
    public void A_list_register_goes_from_pending_to_active_to_empty()
    {
        VirtualInterface guest = V2();
        Assert.Equal(0xFu, Read(guest, Elrsr));
        Put(guest, 1, new VirtualInterrupt(40, 0x80) { Pending = true });
        Assert.Equal(CpuSignals.Irq, guest.Signalled);
        Assert.Equal(0xDu, Read(guest, Elrsr));

        Assert.Equal(40u, guest.Acknowledge(group1: false));
        Assert.True(guest.List[1] is { Active: true, Pending: false });
        Assert.Equal((0x80, 1u << 16), (guest.RunningPriority, Read(guest, Apr)));
        Assert.Equal(CpuSignals.None, guest.Signalled);

        guest.EndOfInterrupt(40);
        Assert.Equal((0xFu, 0u, 0u), (Read(guest, Elrsr), Read(guest, Eisr), Read(guest, Apr)));
    }

    [Fact]
    public void A_pending_and_active_interrupt_is_signalled_again_after_its_end()
    {
        VirtualInterface guest = V2();
        Put(guest, 0, new VirtualInterrupt(40, 0x80) { Pending = true });
        guest.Acknowledge(group1: false);
        Put(guest, 0, guest.List[0] with { Pending = true });
        Assert.Equal(CpuSignals.None, guest.Signalled);
        guest.EndOfInterrupt(40);
        Assert.Equal(40u, guest.Acknowledge(group1: false));
    }

    /// <summary>What the switch of virtual machines stands on: the guest's end is the end of the timer's physical interrupt.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void With_HW_the_guests_deactivation_deactivates_the_physical_interrupt(bool splitEoi)
    {
        Machine physical = Machine.V2();
        physical.Enable(Machine.Ppi);
        physical.SetPending(Machine.Ppi);
        physical.Acknowledge();
        VirtualInterface guest = V2(machineControl: BothGroups | AckCtl | MaskOpen | (splitEoi ? SplitEoi : 0), physical: physical);
        Put(guest, 0, new VirtualInterrupt(30, 0x80) { Pending = true, Hardware = true, PhysicalIntid = Machine.Ppi });

        guest.Acknowledge(group1: false);
        guest.EndOfInterrupt(30);
        Assert.Equal(splitEoi, physical.IsActive(Machine.Ppi));
        guest.Deactivate(30);
        Assert.False(physical.IsActive(Machine.Ppi));
        Assert.Equal((0u, 0xFu), (Read(guest, Eisr), Read(guest, Elrsr)));
    }

    [Fact]
    public void An_end_that_asks_for_maintenance_is_shown_until_the_register_is_written()
    {
        VirtualInterface guest = V2();
        Put(guest, 2, new VirtualInterrupt(40, 0x80) { Pending = true, EoiMaintenance = true });
        guest.Acknowledge(group1: false);
        Assert.False(guest.Maintenance);
        guest.EndOfInterrupt(40);
        Assert.Equal((4u, 0xBu, 1u, true), (Read(guest, Eisr), Read(guest, Elrsr), Read(guest, Misr), guest.Maintenance));
        Put(guest, 2, default);
        Assert.Equal((0u, 0xFu, false), (Read(guest, Eisr), Read(guest, Elrsr), guest.Maintenance));
    }

    [Fact]
    public void An_end_of_what_is_in_no_register_is_counted()
    {
        const uint listNotPresent = 1 << 2;
        VirtualInterface guest = V2(control: 1 | listNotPresent);
        guest.EndOfInterrupt(41); // no priority is active: nothing happens
        Assert.Equal(0, guest.EoiCount);
        guest.WriteRegister(Apr, 4, 1 << 16);
        guest.EndOfInterrupt(41);
        Assert.Equal((1, listNotPresent, true), (guest.EoiCount, Read(guest, Misr), guest.Maintenance));
        Assert.Equal(1u << 27 | 1 | listNotPresent, Read(guest, Hcr));
        guest.WriteRegister(Hcr, 4, 1);
        Assert.Equal((0, false), (guest.EoiCount, guest.Maintenance));
    }

    [Theory]
    [InlineData(1 << 1, 1, true)]  // underflow: none or one register is in use
    [InlineData(1 << 1, 2, false)]
    [InlineData(1 << 3, 0, true)]  // no pending
    [InlineData(1 << 3, 1, false)]
    [InlineData(1 << 4, 0, true)]  // group 0 enabled
    [InlineData(1 << 5, 0, false)] // group 0 disabled
    public void A_reason_for_maintenance_is_one_where_it_is_enabled(uint enable, int pending, bool expected)
    {
        VirtualInterface guest = V2(control: 1 | enable);
        for (int i = 0; i < pending; i++)
        {
            Put(guest, i, new VirtualInterrupt(40 + (uint)i, 0x80) { Pending = true });
        }

        Assert.Equal((expected, expected ? enable : 0), (guest.Maintenance, Read(guest, Misr)));
        guest.WriteRegister(Hcr, 4, enable);
        Assert.False(guest.Maintenance);
    }

    [Fact]
    public void Priorities_groups_and_sources_are_those_of_a_CPU_interface()
    {
        VirtualInterface guest = V2(machineControl: BothGroups | MaskOpen);
        Put(guest, 0, new VirtualInterrupt(40, 0x80) { Pending = true });
        Put(guest, 1, new VirtualInterrupt(5, 0x40) { Pending = true, SourceCpu = 3 });
        Put(guest, 2, new VirtualInterrupt(41, 0x20) { Pending = true, Group1 = true });
        Assert.Equal(Intid.WrongGroup, guest.Acknowledge(group1: false));
        guest.WriteRegister(Vmcr, 4, 1 | MaskOpen);
        Assert.Equal(5u | 3 << 10, guest.Acknowledge(group1: false));
        Assert.Equal(Intid.Spurious, guest.Acknowledge(group1: false));
        guest.EndOfInterrupt(5 | 2 << 10); // another source's: priority drop only
        Assert.Equal(1, guest.EoiCount);
        guest.WriteRegister(Vmcr, 4, 1 | 0x80u << 24);
        Assert.Equal(Intid.Spurious, guest.Acknowledge(group1: false));
        guest.WriteRegister(Hcr, 4, 0);
        guest.WriteRegister(Vmcr, 4, 1 | MaskOpen);
        Assert.Equal(CpuSignals.None, guest.Signalled);
    }

    [Fact]
    public void On_a_GICv3_the_same_is_in_system_registers()
    {
        var guest = new VirtualInterface(Machine.V3().Gic, cpu: 0, listRegisters: 16);
        ulong Get(IchRegister register) => guest.ReadSystemRegister(register).Value;
        void Set(IchRegister register, ulong value) => Assert.True(guest.WriteSystemRegister(register, value).IsOk);
        Assert.Equal(15u | 4u << 26 | 4u << 29, Get(IchRegister.Type));
        Set(IchRegister.Control, 0x5C01);
        Assert.Equal(0x5C01u, Get(IchRegister.Control));
        Set(IchRegister.MachineControl, BothGroups | 0xFFu << 24);
        Assert.Equal(BothGroups | 0xF8u << 24 | 3u << 18 | 2u << 21, Get(IchRegister.MachineControl));

        Set(IchRegister.List + 15, new VirtualInterrupt(8200, 0x80) { Pending = true, Group1 = true }.EncodeV3());
        Assert.Equal(Intid.Spurious, guest.Acknowledge(group1: false));
        Assert.Equal(8200u, guest.Acknowledge(group1: true));
        Assert.Equal((0x1_0000ul, 0xFFFFul), (Get(IchRegister.ActivePriorities1), Get(IchRegister.EmptyStatus))); // an LPI is never active
        guest.EndOfInterrupt(8200);
        Assert.Equal((0ul, 0), (Get(IchRegister.ActivePriorities1), guest.EoiCount));
    }

    [Fact]
    public void Registers_outside_the_tables_are_errors_with_their_place()
    {
        VirtualInterface guest = V2();
        Assert.Equal("GICH+0x0110, 4 bytes, cpu 0: no register here", guest.ReadRegister(List + 16, 4).Error.ToString());
        Assert.Equal(RegisterErrorKind.ReadOnly, guest.WriteRegister(Vtr, 4, 0).Error.Kind);
        Assert.Equal(RegisterErrorKind.Misaligned, guest.ReadRegister(2, 4).Error.Kind);
        Assert.Equal(RegisterErrorKind.WrongWidth, guest.ReadRegister(0, 1).Error.Kind);
        Assert.Equal(RegisterErrorKind.OutsideFrame, guest.ReadRegister(0x1000, 4).Error.Kind);
        Assert.Equal(RegisterErrorKind.Undefined, guest.ReadSystemRegister(IchRegister.Control).Error.Kind);

        var v3 = new VirtualInterface(Machine.V3().Gic, cpu: 0);
        Assert.Equal(RegisterErrorKind.OutsideFrame, v3.ReadRegister(Hcr, 4).Error.Kind);
        Assert.Equal(RegisterErrorKind.Undefined, v3.WriteSystemRegister(IchRegister.List + 4, 0).Error.Kind);
        Assert.Equal(RegisterErrorKind.ReadOnly, v3.WriteSystemRegister(IchRegister.EmptyStatus, 0).Error.Kind);
    }

    [Fact]
    public void Both_forms_of_a_list_register_make_the_round_trip()
    {
        Prop.ForAll<uint, ulong>((word, longword) =>
        {
            VirtualInterrupt v2 = VirtualInterrupt.DecodeV2(word);
            VirtualInterrupt v3 = VirtualInterrupt.DecodeV3(longword);
            return VirtualInterrupt.DecodeV2(v2.EncodeV2()) == v2 && VirtualInterrupt.DecodeV3(v3.EncodeV3()) == v3;
        }).QuickCheckThrowOnFailure();
        Assert.Equal(
            0xDA06_C01Eu,
            new VirtualInterrupt(30, 0xA0) { Pending = true, Group1 = true, Hardware = true, PhysicalIntid = 0x1B0 }.EncodeV2());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nothing_that_a_hypervisor_or_a_guest_does_throws(bool isV3)
    {
        var guest = new VirtualInterface((isV3 ? Machine.V3() : Machine.V2()).Gic, cpu: 0);
        var acts =
            from what in Gen.Choose(0, 6)
            from place in Gen.OneOf(Gen.Choose(0, 0x1004), Gen.Choose(0xE640, 0xE680))
            from width in Gen.Elements(1, 2, 4, 8)
            from value in ArbMap.Default.GeneratorFor<ulong>()
            select (what, place, width, value);
        Prop.ForAll(Arb.From(acts), act =>
        {
            switch (act.what)
            {
                case 0:
                    guest.ReadRegister((uint)act.place, act.width);
                    break;
                case 1:
                    guest.WriteRegister((uint)act.place, act.width, (uint)act.value);
                    break;
                case 2:
                    guest.ReadSystemRegister((IchRegister)act.place);
                    break;
                case 3:
                    guest.WriteSystemRegister((IchRegister)act.place, act.value);
                    break;
                case 4:
                    guest.EndOfInterrupt(guest.Acknowledge((act.value & 1) != 0));
                    break;
                case 5:
                    guest.EndOfInterrupt((uint)act.value & 0x1FFF);
                    break;
                default:
                    guest.Deactivate((uint)act.value & 0x3FF);
                    break;
            }

            return Enum.IsDefined(guest.Signalled) && guest.EoiCount is >= 0 and < 32;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(10_000));
    }
}
