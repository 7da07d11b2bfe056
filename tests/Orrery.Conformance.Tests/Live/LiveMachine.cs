using System.Buffers.Binary;
using System.Text;
using Orrery.Interrupts.Conformance.Guests;
using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Timers;
using Xunit;

namespace Orrery.Conformance.Tests.Live;

/// <summary>
/// A machine on the KVM of an emulated host that a live test takes through its paces call by call: one exchange with the
/// agent for each.
/// </summary>
internal sealed class LiveMachine : IDisposable
{
    public const int Interrupted = -4, TimedOut = -110;

    /// <summary>INTIDs of a controller in the kernel.</summary>
    public const int IntidCount = 64;

    // struct kvm_run of arm64: the data of an MMIO exit, device_irq_level.
    private const int MmioDataOffset = 40, DeviceIrqLevelOffset = 304;
    private const int RunLimitMilliseconds = 10_000;
    private readonly EmulatedHost _host;
    private readonly int _slot;

    /// <summary>Creates the machine with a vCPU for each guest.</summary>
    /// <param name="host">The emulated host.</param>
    /// <param name="slot">Which of the agent's machines.</param>
    /// <param name="gic">The controller in the kernel, or null for none.</param>
    /// <param name="guests">What the vCPUs run.</param>
    public LiveMachine(EmulatedHost host, int slot, VgicKind? gic, params LiveGuest[] guests)
    {
        _host = host;
        _slot = slot;
        var batch = new AgentBatch();
        batch.OpenMachine(slot, GuestLayout.RamBytes);
        for (int vcpu = 0; vcpu < guests.Length; vcpu++)
        {
            batch.CreateVcpu(slot, vcpu, KvmNumbers.FeaturePsci);
        }

        if (gic is { } kind)
        {
            batch.CreateDevice(slot, 0, KvmNumbers.DeviceOf(kind));
            batch.SetAttribute(slot, 0, (uint)VgicGroup.IntidCount, 0, IntidCount, VgicGroup.IntidCount.DataBytes());
            foreach (AttributeValue address in GuestLayout.Addresses(kind))
            {
                batch.SetAttribute(
                    slot, 0, (uint)address.Attribute.Group, address.Attribute.Attr, address.Value, VgicGroup.Address.DataBytes());
            }

            batch.SetAttribute(slot, 0, (uint)VgicGroup.Control, VgicAttribute.ControlInit, []);
        }

        for (int vcpu = 0; vcpu < guests.Length; vcpu++)
        {
            foreach ((int at, byte[] code) in guests[vcpu].Image())
            {
                batch.WriteRam(slot, at, code);
            }

            batch.SetRegister(slot, vcpu, KvmRegisters.Pc, GuestLayout.RamAddress(GuestLayout.Code + vcpu * GuestLayout.CodeStride));
        }

        foreach (AgentAnswer answer in Execute(batch))
        {
            Assert.Equal(0, answer.Status);
        }
    }

    public void Dispose() => Call(batch => batch.CloseMachine(_slot));

    /// <summary>Runs a vCPU until it leaves for user space.</summary>
    public RunAnswer Run(int vcpu = 0, int limitMilliseconds = RunLimitMilliseconds)
    {
        Assert.True(RunAnswer.TryDecode(Call(batch => batch.Run(_slot, vcpu, limitMilliseconds)), out RunAnswer run));
        return run;
    }

    /// <summary>Runs a vCPU, which has its controller in the kernel, to its next checkpoint; returns the checkpoint's number.</summary>
    public uint RunToCheckpoint(int vcpu = 0)
    {
        RunAnswer run = Run(vcpu);
        Assert.True(IsCheckpoint(run), $"vCPU {vcpu} left its guest otherwise than at a checkpoint: {run}");
        return (uint)run.Data; // a store of 32 bits
    }

    public static bool IsCheckpoint(RunAnswer run) => run is { Status: 0, Reason: KvmNumbers.ExitMmio, Address: GuestLayout.Exit, IsWrite: true };

    /// <summary>The first words that a vCPU logged.</summary>
    public ulong[] Log(int count, int vcpu = 0)
    {
        ReadOnlyMemory<byte> bytes = Call(batch =>
            batch.ReadRam(_slot, GuestLayout.Log + vcpu * GuestLayout.LogStride, count * sizeof(ulong))).Data;
        var words = new ulong[count];
        for (int i = 0; i < count; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span[(i * sizeof(ulong))..]);
        }

        return words;
    }

    public void SetTimer(KvmTimerRegister register, ulong value, int vcpu = 0) =>
        Assert.Equal(0, Call(batch => batch.SetRegister(_slot, vcpu, (ulong)register, value)).Status);

    public ulong GetTimer(KvmTimerRegister register, int vcpu = 0)
    {
        AgentAnswer answer = Call(batch => batch.GetRegister(_slot, vcpu, (ulong)register));
        Assert.Equal(0, answer.Status);
        return answer.DataAsNumber;
    }

    /// <summary>Copies what a guest and its timers consist of to a machine of the same shape; not the controller.</summary>
    public void CopyVcpuTo(LiveMachine other)
    {
        var batch = new AgentBatch();
        batch.CopyRam(_slot, other._slot);
        KvmTimerRegister[] timers = [KvmTimerRegister.VirtualCount, KvmTimerRegister.VirtualCompareValue, KvmTimerRegister.VirtualControl];
        foreach (ulong register in (ulong[])[.. KvmRegisters.Saved, .. timers.Select(t => (ulong)t)])
        {
            batch.CopyRegister(_slot, other._slot, 0, register);
        }

        Assert.All(Execute(batch), answer => Assert.Equal(0, answer.Status));
    }

    /// <summary>One write of a migration of the controller to a machine of the same shape.</summary>
    public void CopyAttributeTo(LiveMachine other, MigrationWrite write)
    {
        uint group = (uint)write.Attribute.Group;
        int width = write.Attribute.Group.DataBytes();
        AgentAnswer answer = Call(batch => write.Constant is { } constant
            ? batch.SetAttribute(other._slot, 0, group, write.Attribute.Attr, constant, width)
            : batch.CopyAttribute(_slot, other._slot, 0, group, write.Attribute.Attr, width, write.Mask));
        Assert.Equal(0, answer.Status);
    }

    public int SetAttribute(int target, uint group, ulong attribute, ulong value, int width) =>
        Call(batch => batch.SetAttribute(_slot, target, group, attribute, value, width)).Status;

    public AgentAnswer GetAttribute(int target, uint group, ulong attribute, int width) =>
        Call(batch => batch.GetAttribute(_slot, target, group, attribute, width));

    public int SetCounterOffset(ulong offset) => Call(batch => batch.SetCounterOffset(_slot, offset)).Status;

    public int Line(KvmIrqLine line, bool level) => Call(batch => batch.IrqLine(_slot, line.Encode(), level ? 1u : 0)).Status;

    /// <summary>Answers the read that the vCPU left its guest for.</summary>
    public void AnswerRead(int vcpu, uint value)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        WritePage(vcpu, MmioDataOffset, bytes);
    }

    public void SetImmediateExit(int vcpu = 0) => WritePage(vcpu, KvmRegisters.ImmediateExitOffset, [1]);

    /// <summary>Writes the word of KVM_CAP_ARM_USER_IRQ (below 256).</summary>
    public void WriteWord(byte value, int vcpu = 0) => WritePage(vcpu, DeviceIrqLevelOffset, [value]);

    /// <summary>Records the kvm events of the emulated host from now on.</summary>
    public void StartTrace() => Assert.Equal(0, Call(batch => batch.StartTrace()).Status);

    /// <summary>The text of the trace since <see cref="StartTrace"/>.</summary>
    public string StopTrace()
    {
        AgentAnswer answer = Call(batch => batch.StopTrace());
        Assert.Equal(0, answer.Status);
        return Encoding.ASCII.GetString(answer.Data.Span);
    }

    public void PinTo(int processor) => Assert.Equal(0, Call(batch => batch.PinTo(processor)).Status);

    /// <summary>Lets the emulated host's time pass without running anybody.</summary>
    public void Sleep(int milliseconds) => Assert.Equal(0, Call(batch => batch.Sleep(milliseconds * 1000)).Status);

    private void WritePage(int vcpu, int offset, byte[] data) =>
        Assert.Equal(0, Call(batch => batch.WritePage(_slot, vcpu, offset, data)).Status);

    private AgentAnswer Call(Func<AgentBatch, int> command)
    {
        var batch = new AgentBatch();
        int answer = command(batch);
        return Execute(batch)[answer];
    }

    private AgentAnswer[] Execute(AgentBatch batch)
    {
        Assert.True(_host.TryExecute(batch, out AgentAnswer[]? answers, out string problem), problem);
        return answers!;
    }
}
