using Orrery.Interrupts.Conformance.Guests;
using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V2;
using Xunit;

namespace Orrery.Conformance.Tests.Live;

/// <summary>How a run of a vCPU ended, as the user side of timer routing sees it.</summary>
internal enum RunEnd
{
    /// <summary>-1/EINTR with KVM_EXIT_INTR: the kernel has news of a timer.</summary>
    Forced,

    /// <summary>An access of the controller, which was served.</summary>
    Access,

    /// <summary>A checkpoint of the guest.</summary>
    Checkpoint,

    /// <summary>The time of the run was over: an alarm signal.</summary>
    Alarm,
}

/// <summary>
/// A monitor with its interrupt controller in user space, on real KVM: Orrery's GICv2 behind the guest's accesses, and the
/// user side of KVM_CAP_ARM_USER_IRQ as docs/timer-routing.md has it (states U1 to U6).
/// </summary>
internal sealed class UserGicMachine(EmulatedHost host, int slot, params LiveGuest[] guests) : IDisposable
{
    private const int RunsLimit = 1000;
    private readonly bool[] _pin = new bool[guests.Length];
    private readonly ulong[] _word = new ulong[guests.Length];

    public LiveMachine Machine { get; } = new(host, slot, null, guests);

    public GicV2 Gic { get; } = new(new GicV2Options { CpuCount = guests.Length, IntidCount = 64 });

    /// <summary>Whether the monitor ignores the word: a mutant.</summary>
    public bool IgnoresWord { get; set; }

    /// <summary>Ends so far, of all vCPUs.</summary>
    public List<RunEnd> Ends { get; } = [];

    public int Forced => Ends.Count(end => end == RunEnd.Forced);

    public void Dispose() => Machine.Dispose();

    /// <summary>The word as last read.</summary>
    public ulong Word(int vcpu = 0) => _word[vcpu];

    /// <summary>The CPU's IRQ input as last driven.</summary>
    public bool Pin(int vcpu = 0) => _pin[vcpu];

    public bool Input(int vcpu = 0) => Gic.Inspect(Orrery.Interrupts.State.InterruptRef.OnCpu(LiveGuest.VirtualTimer, vcpu))!.Value.Line;

    /// <summary>One run: U1 (pin), U2 (KVM_RUN), U3 (word), U4 (access).</summary>
    public RunEnd Run(int vcpu = 0, int limitMilliseconds = 10_000)
    {
        bool want = Gic.Signalled(vcpu) != CpuSignals.None;
        if (want != _pin[vcpu])
        {
            Assert.Equal(0, Machine.Line(new KvmIrqLine(KvmIrqType.Cpu, vcpu, 0), want));
            _pin[vcpu] = want;
        }

        RunAnswer run = Machine.Run(vcpu, limitMilliseconds);
        ReadWord(vcpu, run.DeviceIrqLevel);
        RunEnd end = run switch
        {
            { Status: LiveMachine.Interrupted, Reason: KvmNumbers.ExitIntr } => RunEnd.Forced,
            { Status: LiveMachine.TimedOut } => RunEnd.Alarm,
            _ when LiveMachine.IsCheckpoint(run) => RunEnd.Checkpoint,
            { Status: 0, Reason: KvmNumbers.ExitMmio } => Serve(vcpu, run),
            _ => throw new Xunit.Sdk.XunitException($"vCPU {vcpu} left its guest in a way that nothing here does: {run}"),
        };
        Ends.Add(end);
        return end;
    }

    /// <summary>Runs until an end of a kind, serving accesses on the way; any other end fails the test.</summary>
    public void RunTo(RunEnd wanted, int vcpu = 0, int limitMilliseconds = 10_000)
    {
        for (int runs = 0; runs < RunsLimit; runs++)
        {
            RunEnd end = Run(vcpu, limitMilliseconds);
            if (end == wanted)
            {
                return;
            }

            Assert.Equal(RunEnd.Access, end);
        }

        Assert.Fail($"{RunsLimit} accesses, and no end");
    }

    /// <summary>Runs to a checkpoint, whatever forced exits there are on the way; returns how many.</summary>
    public int RunToCheckpoint(int vcpu = 0)
    {
        int before = Forced;
        for (int runs = 0; runs < RunsLimit; runs++)
        {
            RunEnd end = Run(vcpu);
            if (end == RunEnd.Checkpoint)
            {
                return Forced - before;
            }

            Assert.NotEqual(RunEnd.Alarm, end);
        }

        Assert.Fail($"{RunsLimit} runs, and no checkpoint");
        return 0;
    }

    private void ReadWord(int vcpu, ulong word)
    {
        Assert.True(word < 8, $"a bit that version 1 of the capability does not announce: 0x{word:x}");
        _word[vcpu] = word;
        if (!IgnoresWord)
        {
            Gic.SetLine(LiveGuest.VirtualTimer, vcpu, (word & 1) != 0);
            Gic.SetLine(LiveGuest.PhysicalTimer, vcpu, (word & 2) != 0);
        }
    }

    private RunEnd Serve(int vcpu, RunAnswer run)
    {
        (GicFrame frame, ulong start) = run.Address >= GuestLayout.CpuInterface
            ? (GicFrame.CpuInterface, GuestLayout.CpuInterface)
            : (GicFrame.Distributor, GuestLayout.Distributor);
        uint offset = (uint)(run.Address - start);
        if (run.IsWrite)
        {
            RegisterResult written = Gic.WriteRegister(vcpu, frame, offset, run.Width, (uint)run.Data);
            Assert.True(written.IsOk, written.Error.ToString());
        }
        else
        {
            RegisterResult read = Gic.ReadRegister(vcpu, frame, offset, run.Width);
            Assert.True(read.IsOk, read.Error.ToString());
            Machine.AnswerRead(vcpu, (uint)read.Value);
        }

        return RunEnd.Access;
    }
}
