namespace Orrery.Interrupts.Gic.Kvm;

/// <summary>What a KVM call answers: 0 or a negative errno, by the kernel's numbers.</summary>
public enum KvmErrno
{
    /// <summary>Success.</summary>
    None = 0,

    /// <summary>ENOENT: no such redistributor region, or system register.</summary>
    NoEntry = -2,

    /// <summary>ENXIO: no such attribute, or nothing behind it yet.</summary>
    NoSuchAttribute = -6,

    /// <summary>E2BIG: the address lies beyond what the VM can address.</summary>
    TooBig = -7,

    /// <summary>EFAULT: a guest address could not be accessed.</summary>
    Fault = -14,

    /// <summary>EBUSY: too early (not initialised) or too late (running, already set).</summary>
    Busy = -16,

    /// <summary>EEXIST: already set.</summary>
    Exists = -17,

    /// <summary>ENODEV: no such device.</summary>
    NoDevice = -19,

    /// <summary>EINVAL: the value, the CPU or the place is not acceptable.</summary>
    Invalid = -22,
}
