using System.Buffers.Binary;

namespace Orrery.Interrupts.Conformance.Live;

/// <summary>
/// A batch of commands for the agent, written in the order in which it executes them. Each method adds one command; the
/// answer with the same number belongs to it.
/// </summary>
internal sealed class AgentBatch
{
    private byte[] _bytes = new byte[4096];
    private int _length;

    /// <summary>How many commands it holds.</summary>
    public int Count { get; private set; }

    /// <summary>How many bytes the batch takes in a frame.</summary>
    public int Length => _length;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public void Clear()
    {
        _length = 0;
        Count = 0;
    }

    public int Hello() => Add(AgentOperation.Hello);

    public int Extension(int capability) => Add(AgentOperation.Extension, a: (ulong)capability);

    public int OpenMachine(int machine, int ramBytes) => Add(AgentOperation.MachineOpen, machine, a: (ulong)ramBytes);

    public int CloseMachine(int machine) => Add(AgentOperation.MachineClose, machine);

    /// <summary>Creates and initializes a vCPU; <paramref name="features"/> are bits of KVM_ARM_VCPU_INIT, word 0.</summary>
    public int CreateVcpu(int machine, int vcpu, uint features) => Add(AgentOperation.VcpuCreate, machine, vcpu, features);

    public int CreateDevice(int machine, int device, uint type) => Add(AgentOperation.DeviceCreate, machine, device, type);

    /// <summary>KVM_SET_DEVICE_ATTR; <paramref name="target"/> is a device slot, or VcpuTarget plus a vCPU.</summary>
    public int SetAttribute(int machine, int target, uint group, ulong attribute, ReadOnlySpan<byte> value) =>
        Add(AgentOperation.AttributeSet, machine, target, group, attribute, 0, value);

    /// <inheritdoc cref="SetAttribute(int, int, uint, ulong, ReadOnlySpan{byte})"/>
    public int SetAttribute(int machine, int target, uint group, ulong attribute, ulong value, int width)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return SetAttribute(machine, target, group, attribute, bytes[..width]);
    }

    /// <summary>KVM_GET_DEVICE_ATTR into a buffer of <paramref name="width"/> bytes.</summary>
    public int GetAttribute(int machine, int target, uint group, ulong attribute, int width) =>
        Add(AgentOperation.AttributeGet, machine, target, group, attribute, (ulong)width);

    public int HasAttribute(int machine, int target, uint group, ulong attribute) =>
        Add(AgentOperation.AttributeHas, machine, target, group, attribute);

    public int SetRegister(int machine, int vcpu, ulong id, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return Add(AgentOperation.RegisterSet, machine, vcpu, id, data: bytes);
    }

    public int GetRegister(int machine, int vcpu, ulong id) => Add(AgentOperation.RegisterGet, machine, vcpu, id, 0, 8);

    /// <summary>KVM_IRQ_LINE; <paramref name="irq"/> in the encoding of that call.</summary>
    public int IrqLine(int machine, uint irq, uint level) => Add(AgentOperation.IrqLine, machine, 0, irq, level);

    /// <summary>KVM_RUN, for at most <paramref name="limitMilliseconds"/>; past that the answer is ETIMEDOUT.</summary>
    public int Run(int machine, int vcpu, int limitMilliseconds) =>
        Add(AgentOperation.Run, machine, vcpu, (ulong)limitMilliseconds);

    public int WriteRam(int machine, int offset, ReadOnlySpan<byte> data) =>
        Add(AgentOperation.RamWrite, machine, 0, (ulong)offset, data: data);

    public int ReadRam(int machine, int offset, int length) =>
        Add(AgentOperation.RamRead, machine, 0, (ulong)offset, 0, (ulong)length);

    /// <summary>Writes into the vCPU's <c>struct kvm_run</c>.</summary>
    public int WritePage(int machine, int vcpu, int offset, ReadOnlySpan<byte> data) =>
        Add(AgentOperation.PageWrite, machine, vcpu, (ulong)offset, data: data);

    public int SetCounterOffset(int machine, ulong offset) => Add(AgentOperation.CounterOffset, machine, a: offset);

    public int ReadVgicState(int machine) => Add(AgentOperation.VgicState, machine);

    public int StartTrace() => Add(AgentOperation.TraceStart);

    public int StopTrace() => Add(AgentOperation.TraceStop);

    public int PinTo(int processor) => Add(AgentOperation.Pin, a: (ulong)processor);

    public int Sleep(int microseconds) => Add(AgentOperation.Sleep, a: (ulong)microseconds);

    /// <summary>
    /// Gets an attribute of one machine and sets the bits of <paramref name="mask"/> on another; the answer carries the
    /// value that was got.
    /// </summary>
    public int CopyAttribute(int from, int to, int target, uint group, ulong attribute, int width, ulong mask)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, mask);
        return Add(AgentOperation.AttributeCopy, from, target, group, attribute, CopyTo(to, width), bytes);
    }

    /// <summary>Gets a vCPU's register in one machine and sets it in another; the answer carries the value.</summary>
    public int CopyRegister(int from, int to, int vcpu, ulong id) =>
        Add(AgentOperation.RegisterCopy, from, vcpu, id, 0, CopyTo(to, sizeof(ulong)));

    public int CopyRam(int from, int to) => Add(AgentOperation.RamCopy, from, c: CopyTo(to, 0));

    private static ulong CopyTo(int machine, int width) => ((ulong)machine << 32) | (uint)width;

    private int Add(AgentOperation operation, int machine = 0, int index = 0, ulong a = 0, ulong b = 0, ulong c = 0,
        ReadOnlySpan<byte> data = default)
    {
        int needed = AgentProtocol.CommandBytes + AgentProtocol.Padded(data.Length);
        if (_bytes.Length - _length < needed)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + needed));
        }

        Span<byte> to = _bytes.AsSpan(_length, needed);
        BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)operation);
        to[2] = (byte)machine;
        to[3] = (byte)index;
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], data.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(to[8..], a);
        BinaryPrimitives.WriteUInt64LittleEndian(to[16..], b);
        BinaryPrimitives.WriteUInt64LittleEndian(to[24..], c);
        data.CopyTo(to[AgentProtocol.CommandBytes..]);
        to[(AgentProtocol.CommandBytes + data.Length)..].Clear();
        _length += needed;
        return Count++;
    }
}
