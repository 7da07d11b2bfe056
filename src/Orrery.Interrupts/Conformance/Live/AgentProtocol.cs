namespace Orrery.Interrupts.Conformance.Live;

/// <summary>The commands of the agent in the emulated machine: <c>enum operation</c> of tools/kvm-agent/protocol.h.</summary>
internal enum AgentOperation : ushort
{
    Hello = 1,
    Extension,
    MachineOpen,
    MachineClose,
    VcpuCreate,
    DeviceCreate,
    AttributeSet,
    AttributeGet,
    AttributeHas,
    RegisterSet,
    RegisterGet,
    IrqLine,
    Run,
    RamWrite,
    RamRead,
    PageWrite,
    CounterOffset,
    VgicState,
    TraceStart,
    TraceStop,
    Pin,
    Sleep,
    AttributeCopy,
    RegisterCopy,
    RamCopy,
}

/// <summary>The numbers that both ends of the agent's port agree on (tools/kvm-agent/protocol.h).</summary>
internal static class AgentProtocol
{
    public const uint Version = 1;
    public const uint FrameMagic = 0x4156_5152;
    public const int FrameHeaderBytes = 16;
    public const int FrameLimit = 8 << 20;
    public const int CommandBytes = 32;
    public const int AnswerBytes = 16;

    /// <summary>Set in a command's index: the attribute is the vCPU's, not a device's.</summary>
    public const byte VcpuTarget = 0x80;

    /// <summary>Guest physical address of a machine's RAM.</summary>
    public const ulong RamBase = 0x4000_0000;

    public const int MachineSlots = 4;
    public const int VcpuSlots = 8;

    /// <summary>Data start at multiples of eight bytes.</summary>
    public static int Padded(int length) => (length + 7) & ~7;
}
