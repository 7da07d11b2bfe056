using Orrery.Interrupts.Exploration;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.Snapshots;
using Orrery.Interrupts.Gic.V2;
using Orrery.Interrupts.Gic.V3;
using Orrery.Interrupts.Gic.Virtual;
using Orrery.Interrupts.State;
using Orrery.Interrupts.Timers;
using Orrery.Interrupts.Timers.Switching;
using Xunit;

namespace Orrery.Interrupts.Tests.Documentation;

// The examples name the interface on purpose.
#pragma warning disable CA1859

/// <summary>The examples of docs/irq-state.md, docs/gic.md and docs/generic-timer.md: they are this code, and it runs.</summary>
public class DocumentationExamples
{
    [Fact]
    public void State()
    {
        // <example>
        IInterruptChip chip = new GicV2(new GicV2Options { CpuCount = 2 });
        InterruptRef timer = InterruptRef.OnCpu(27, cpu: 1);

        ChipError error = chip.SetState(timer, ChipState.Active, true);
        bool? active = chip.GetState(timer, ChipState.Active).Value;
        StateReading nobody = chip.GetState(InterruptRef.Shared(5000), ChipState.Pending);
        // </example>
        Assert.Equal(ChipError.None, error);
        Assert.True(active);
        Assert.Equal(ChipError.NoSuchInterrupt, nobody.Error);
    }

    [Fact]
    public void Stack()
    {
        IInterruptChip expander = new ForwardingMaskChip(new GicV3(new GicV3Options()));
        IInterruptChip gic = new GicV3(new GicV3Options());

        // <example>
        var line = new ChipStack(
            new ChipLevel(expander, InterruptRef.Shared(3)),
            new ChipLevel(gic, InterruptRef.Shared(40)));
        if (line.Get(ChipState.Pending).TryGet(out bool pending))
        {
            Console.WriteLine(pending ? "requested" : "quiet");
        }
        // </example>
        Assert.False(pending);
    }

    [Fact]
    public void Bank()
    {
        // <example>
        const uint Level = 1u << 8;
        var before = new InterruptBank { Enabled = Level };
        InterruptBank after = before;
        after.SetLine(Level, true);
        after.Acknowledge(Level);

        // Active, and pending again because the line is still high: not to be signalled before it is deactivated.
        bool gated = after is { Active: Level, Pending: Level, Eligible: 0 };
        // </example>
        Assert.True(gated);
        Assert.Equal(0u, before.Line);
    }

    [Fact]
    public void Gic()
    {
        // <example>
        var gic = new GicV3(new GicV3Options { CpuCount = 2, IntidCount = 96 });
        gic.WriteRegister(0, GicFrame.Distributor, 0x0000, 4, 2);                   // GICD_CTLR: group 1
        gic.WriteRegister(0, GicFrame.Distributor, 0x0104, 4, 1 << 8);              // GICD_ISENABLER1: INTID 40
        gic.WriteRegister(0, GicFrame.Distributor, 0x6000 + 8 * 40, 8, 1);          // GICD_IROUTER40: affinity 0.0.0.1
        gic.WriteSystemRegister(1, IccRegister.GroupEnable1, 1);
        gic.WriteSystemRegister(1, IccRegister.PriorityMask, 0xFF);

        gic.SetLine(40, cpu: 0, level: true);
        if (gic.Signalled(1) == CpuSignals.Irq)
        {
            ulong intid = gic.ReadSystemRegister(1, IccRegister.Acknowledge1).Value;
            gic.SetLine(40, cpu: 0, level: false);
            gic.WriteSystemRegister(1, IccRegister.EndOfInterrupt1, intid);
        }
        // </example>
        Assert.Equal(CpuSignals.None, gic.Signalled(1));
        Assert.Equal(0ul, gic.ReadRegister(0, GicFrame.Distributor, 0x304, 4).Value);
    }

    [Fact]
    public void ListRegisters()
    {
        // <example>
        var physical = new GicV2(new GicV2Options());
        physical.SetState(InterruptRef.OnCpu(27, cpu: 0), ChipState.Active, true);
        var guest = new VirtualInterface(physical, cpu: 0);
        guest.WriteRegister(0x00, 4, 1);                                            // GICH_HCR: enabled
        guest.WriteRegister(0x08, 4, 0xF8000001);                                   // GICH_VMCR: group 0, everything unmasked
        var timer = new VirtualInterrupt(Intid: 27, Priority: 0x80) { Pending = true, Hardware = true, PhysicalIntid = 27 };
        guest.WriteRegister(0x100, 4, timer.EncodeV2());                            // GICH_LR0

        uint taken = guest.Acknowledge(group1: false);
        guest.EndOfInterrupt(taken);
        bool? stillActive = physical.GetState(InterruptRef.OnCpu(27, cpu: 0), ChipState.Active).Value;
        // </example>
        Assert.Equal((27u, (bool?)false), (taken, stillActive));
    }

    [Fact]
    public void Fault()
    {
        var gic = new GicV3(new GicV3Options());
        var written = new List<string>();
        var console = new Action<string>(written.Add);

        // <example>
        RegisterResult result = gic.ReadRegister(0, GicFrame.Distributor, 0x0104, 2);
        if (!result.IsOk)
        {
            console(result.Error.ToString());
        }
        // </example>
        Assert.Equal(["GICD+0x0104, 2 bytes, cpu 0: the register does not allow this width"], written);
    }

    [Fact]
    public void Snapshot()
    {
        var gic = new GicV3(new GicV3Options { IntidCount = 96 });
        gic.SetLine(27, 0, true);

        // <example>
        string text = GicSnapshotJson.Write(GicSnapshot.Of(gic));

        SnapshotResult<GicSnapshot> read = GicSnapshotJson.Read(text);
        SnapshotResult<GicController>? restored = read.Value is null ? null : GicRestore.Restore(read.Value);
        string? problem = read.Error?.ToString() ?? restored?.Error?.ToString();
        // </example>
        Assert.Null(problem);
        Assert.True(gic.StateEquals((GicV3)restored!.Value!));
    }

    [Fact]
    public void Monitor()
    {
        GicSnapshot snapshot = GicSnapshot.Of(new GicV3(new GicV3Options { IntidCount = 96, Deviations = GicDeviations.Kvm }));

        // <example>
        var device = new KvmVgic(new KvmVgicOptions { Kind = VgicKind.GicV3 });
        device.CreateVcpu();
        device.SetAttribute(new VgicAttribute(VgicGroup.IntidCount, 0), 96);
        device.SetAttribute(new VgicAttribute(VgicGroup.Address, 2), 0x0800_0000);          // distributor
        device.SetAttribute(new VgicAttribute(VgicGroup.Address, 3), 0x080A_0000);          // redistributors
        device.SetAttribute(new VgicAttribute(VgicGroup.Control, VgicAttribute.ControlInit), 0);
        foreach ((RestoreStep step, AttributeValue write) in RestorePlan.Of(snapshot))
        {
            KvmErrno errno = device.SetAttribute(write.Attribute, write.Value);
            if (errno != KvmErrno.None)
            {
                Console.WriteLine($"{step}: {write}: {errno}");
            }
        }

        KvmErrno run = device.PrepareRun(0);
        // </example>
        Assert.Equal(KvmErrno.None, run);
        Assert.Equal(snapshot.Attributes, GicSnapshot.Of(device.Gic!).Attributes);
    }

    [Fact]
    public void Timer()
    {
        // <example>
        var rate = new CounterRate(62_500_000);
        var timers = new VcpuTimers(new VmCounter(), rate);
        ulong now = 3_000_000_007;                                                          // nanoseconds
        ulong count = rate.CountAt(now);
        timers.WriteRegister(TimerRegister.VirtualTimerValue, 625_000, count);              // in 10 ms
        timers.WriteRegister(TimerRegister.VirtualControl, (ulong)TimerControl.Enable, count);

        ulong? counts = timers.CountsToChange(TimerKind.Virtual, count);
        ulong? due = counts is null ? null : rate.InstantOf(count + counts.Value);
        // </example>
        Assert.Equal(3_010_000_000ul, due);
        Assert.True(timers.Output(TimerKind.Virtual, rate.CountAt(due!.Value)));
        Assert.False(timers.Output(TimerKind.Virtual, rate.CountAt(due.Value - 1)));
    }

    [Fact]
    public void Switch()
    {
        // <example>
        var options = new SwitchOptions
        {
            Design = SwitchDesign.MaskByHypervisor,
            Guest = GuestHabit.WritesCompareOnly,
            VcpuCount = 1,
        };
        ExplorationResult result = Explorer.Explore<SwitchModel, SwitchState>(
            new SwitchModel(options), new ExplorationOptions { Properties = ["L1A"] });
        foreach (TraceStep step in result.Counterexample?.Steps ?? [])
        {
            Console.WriteLine($"{step.Actor}: {step.Action}");
        }
        // </example>
        Assert.Equal(Verdict.Violated, result.Verdict);
    }
}
