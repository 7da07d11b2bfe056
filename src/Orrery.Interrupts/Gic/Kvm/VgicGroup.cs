namespace Orrery.Interrupts.Gic.Kvm;

/// <summary>
/// The attribute groups of KVM's GIC devices, <c>KVM_DEV_ARM_VGIC_GRP_*</c> (Linux
/// <c>Documentation/virt/kvm/devices/arm-vgic.rst</c>, <c>arm-vgic-v3.rst</c>, <c>arm-vgic-its.rst</c>).
/// </summary>
public enum VgicGroup : uint
{
    /// <summary>ADDR: where the frames are in guest physical memory; u64.</summary>
    Address = 0,

    /// <summary>DIST_REGS: registers of the distributor; u32.</summary>
    Distributor = 1,

    /// <summary>CPU_REGS (GICv2): registers of a CPU interface; u32.</summary>
    CpuInterface = 2,

    /// <summary>NR_IRQS: how many INTIDs; u32.</summary>
    IntidCount = 3,

    /// <summary>CTRL: initialise, save tables; no data.</summary>
    Control = 4,

    /// <summary>REDIST_REGS (GICv3): registers of a redistributor; u32.</summary>
    Redistributor = 5,

    /// <summary>CPU_SYSREGS (GICv3): system registers of a CPU interface; u64.</summary>
    SystemRegister = 6,

    /// <summary>LEVEL_INFO (GICv3): lines of 32 interrupts; u32.</summary>
    LineLevel = 7,

    /// <summary>ITS_REGS: registers of an ITS; u64.</summary>
    Its = 8,
}

/// <summary>Names and widths of groups.</summary>
public static class VgicGroupExtensions
{
    /// <summary>The kernel's name without its prefix, as in <c>DIST_REGS</c>.</summary>
    public static string KernelName(this VgicGroup group) => group switch
    {
        VgicGroup.Address => "ADDR",
        VgicGroup.Distributor => "DIST_REGS",
        VgicGroup.CpuInterface => "CPU_REGS",
        VgicGroup.IntidCount => "NR_IRQS",
        VgicGroup.Control => "CTRL",
        VgicGroup.Redistributor => "REDIST_REGS",
        VgicGroup.SystemRegister => "CPU_SYSREGS",
        VgicGroup.LineLevel => "LEVEL_INFO",
        VgicGroup.Its => "ITS_REGS",
        _ => $"group {(uint)group}",
    };

    /// <summary>The group of a <see cref="KernelName"/>, or null.</summary>
    public static VgicGroup? FromKernelName(string name) =>
        Enum.GetValues<VgicGroup>().Where(g => g.KernelName() == name).Select(g => (VgicGroup?)g).FirstOrDefault();

    /// <summary>Bytes of data that the kernel reads or writes at the user's address: 0, 4 or 8.</summary>
    public static int DataBytes(this VgicGroup group) => group switch
    {
        VgicGroup.Address or VgicGroup.SystemRegister or VgicGroup.Its => 8,
        VgicGroup.Control => 0,
        _ => 4,
    };
}
