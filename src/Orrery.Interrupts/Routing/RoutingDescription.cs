using Orrery.Interrupts.Exploration;

namespace Orrery.Interrupts.Routing;

/// <summary>The names of a routing model's actions and fields.</summary>
internal static class RoutingDescription
{
    private static readonly (string Actor, string Text)[] Actions =
    [
        ("guest", "takes the IRQ exception"),
        ("guest", "computes"),
        ("guest", "writes CVAL: ahead"),
        ("guest", "writes TVAL = -1: has passed"),
        ("guest", "sets CTL.IMASK"),
        ("guest", "clears CTL.IMASK"),
        ("guest", "sets CTL.ENABLE"),
        ("guest", "clears CTL.ENABLE"),
        ("guest", "writes CNTP_CVAL: ahead"),
        ("guest", "sets PSTATE.I"),
        ("guest", "clears PSTATE.I"),
        ("guest", "waits for an interrupt (WFI)"),
        ("guest", "reads IAR"),
        ("guest", "writes EOIR"),
        ("guest", "writes DIR"),
        ("guest", "enables INTID 27 (ISENABLER)"),
        ("guest", "disables INTID 27 (ICENABLER)"),
        ("guest", "sets INTID 27 pending (ISPENDR)"),
        ("guest", "clears INTID 27 pending (ICPENDR)"),
        ("guest", "enables the distributor"),
        ("guest", "disables the distributor"),
        ("guest", "lowers the priority mask"),
        ("guest", "raises the priority mask"),
        ("guest", "writes to another device"),
        ("kernel", "gets a CPU, sets the gate"),
        ("kernel", "restores the timer"),
        ("kernel", "takes the timer's interrupt"),
        ("kernel", "refuses entry: line is news"),
        ("kernel", "enters the guest"),
        ("kernel", "sees a signal"),
        ("kernel", "publishes the line, returns"),
        ("kernel", "completes the return"),
        ("kernel", "wakes the guest"),
        ("kernel", "loses the CPU"),
        ("host", "tick"),
        ("host", "takes the timer's interrupt: guest left"),
        ("host", "late interrupt, no vCPU: ignored"),
        ("host", "idles"),
        ("time", "reaches the deadline"),
        ("time", "physical timer fires"),
        ("device", "raises another interrupt"),
        ("user", "calls KVM_RUN"),
        ("user", "calls KVM_RUN, immediate_exit"),
        ("user", "reads the word"),
        ("user", "serves the access"),
        ("user", "writes the word"),
        ("user", "saves and restores the machine"),
        ("user", "saves, restores with the count back"),
        ("user", "saves the controller"),
        ("user", "restores it with timer and word of now"),
    ];

    private static readonly string[] VcpuFields =
    [
        "line", "ENABLE", "IMASK", "expired", "PSTATE.I", "guest", "input", "latch", "active", "enabled", "distributor",
        "priority", "other", "pin", "LEVEL", "MASK", "at", "access", "forced", "physical line", "physical word",
        "physical input", "saved",
    ];

    private static readonly string[] CpuFields = ["runs", "CVAL of", "gate", "late"];

    public static int ActionIndex(RoutingAction action, int actor) => (actor * Actions.Length) + (int)action;

    public static ModelDescription Describe(RoutingOptions options, bool fallNeedsUserExit)
    {
        int actors = Math.Max(options.Vcpus, options.HostCpus);
        return new ModelDescription
        {
            Actions =
            [
                .. Enumerable.Range(0, actors).SelectMany(actor => Actions.Select(
                    action => new ActionName(Join(action.Actor, NameOf(actor, options)), action.Text))),
            ],
            Fields =
            [
                .. Enumerable.Range(0, options.Vcpus).SelectMany(vcpu => VcpuFields.Select(
                    field => Join(field, NameOf(vcpu, options)))),
                .. Enumerable.Range(0, options.HostCpus).SelectMany(cpu => CpuFields.Select(
                    field => Join(field, options.HostCpus > 1 ? $"cpu{cpu}" : ""))),
            ],
            Safety = RoutingProperties.Safety,
            Liveness = RoutingProperties.Liveness(options.AreVcpusAlike ? 1 : options.Vcpus),
            Fairness = RoutingProperties.Fairness(options.Vcpus, fallNeedsUserExit),
            NoDeadlock = RoutingProperties.NoDeadlock,
        };
    }

    /// <summary>Which vCPU, or after them which CPU, a field is of, and its index there.</summary>
    public static (int Index, int Field) SplitField(int field, int vcpus) =>
        field < vcpus * VcpuFields.Length
            ? (field / VcpuFields.Length, field % VcpuFields.Length)
            : (vcpus + ((field - (vcpus * VcpuFields.Length)) / CpuFields.Length),
                (field - (vcpus * VcpuFields.Length)) % CpuFields.Length);

    public static string Value(in Vcpu vcpu, int field) => VcpuFields[field] switch
    {
        "line" => Bit(vcpu.Line),
        "ENABLE" => Bit(vcpu.TimerEnabled),
        "IMASK" => Bit(vcpu.TimerMasked),
        "expired" => Bit(vcpu.Expired),
        "PSTATE.I" => Bit(vcpu.IrqsMasked),
        "guest" => vcpu.Phase switch
        {
            GuestPhase.Main => "main",
            GuestPhase.Vector => "vector",
            GuestPhase.Handler => "handler",
            _ => "other handler",
        },
        "input" => Bit(vcpu.Input),
        "latch" => Bit(vcpu.Latch),
        "active" => Bit(vcpu.Active),
        "enabled" => Bit(vcpu.Enabled),
        "distributor" => Bit(vcpu.DistributorEnabled),
        "priority" => vcpu.PriorityOpen ? "open" : "masked",
        "other" => Bit(vcpu.OtherPending),
        "pin" => Bit(vcpu.Pin),
        "LEVEL" => Bit(vcpu.Word.Level),
        "MASK" => Bit(vcpu.Word.Mask),
        "at" => PlaceName(vcpu),
        "access" => vcpu.Access == GuestAccess.None ? "-" : vcpu.Access.ToString(),
        "forced" => Bit(vcpu.IsForced),
        "physical line" => Bit(vcpu.PhysicalLine),
        "physical word" => Bit(vcpu.PhysicalWord),
        "physical input" => Bit(vcpu.PhysicalInput),
        _ => vcpu.HasSnapshot ? $"input {vcpu.Snapshot & 1}" : "-",
    };

    public static string Value(in HostCpu cpu, int field, RoutingOptions options) => CpuFields[field] switch
    {
        "runs" => VcpuName(cpu.Current, options),
        "CVAL of" => cpu.CvalOwner == HostCpu.Nobody ? "-" : VcpuName(cpu.CvalOwner, options),
        "gate" => (cpu.Active, cpu.Disabled) switch
        {
            (false, false) => "open",
            (true, false) => "active",
            (false, true) => "disabled",
            _ => "active, disabled",
        },
        _ => Bit(cpu.IsLate),
    };

    private static string PlaceName(in Vcpu vcpu) => vcpu.Place switch
    {
        Place.UserRun => "user: run",
        Place.UserReturned => "user: returned",
        Place.UserAccess => "user: access",
        Place.KernelLoad => "kernel: load",
        Place.KernelRestore or Place.KernelRestoreCval => "kernel: restore",
        Place.KernelWork => "kernel: check",
        Place.Guest => "guest",
        Place.KernelBlocked => "kernel: blocked",
        Place.KernelPublish => "kernel: return",
        _ => "kernel: put",
    };

    private static string VcpuName(int vcpu, RoutingOptions options) =>
        vcpu == HostCpu.Nobody ? "nobody" : options.Vcpus == 1 ? "the vCPU" : NameOf(vcpu, options);

    /// <summary>A machine's letter, a vCPU's number, or nothing where there is only one.</summary>
    private static string NameOf(int vcpu, RoutingOptions options)
    {
        string machine = options.Machines > 1 ? ((char)('A' + options.MachineOf(vcpu))).ToString() : "";
        return options.VcpusPerMachine > 1 ? $"{machine}{vcpu % options.VcpusPerMachine}" : machine;
    }

    private static string Join(string what, string whose) => whose.Length == 0 ? what : $"{what} {whose}";

    private static string Bit(bool value) => value ? "1" : "0";
}
