using System.Buffers.Binary;
using Orrery.Interrupts.Conformance.Programs;

namespace Orrery.Interrupts.Conformance.Guests;

/// <summary>Reads back what a vCPU logged: one word for each operation, in order; taken interrupts before an end mark.</summary>
internal ref struct GuestLog(ReadOnlySpan<byte> log)
{
    /// <summary>A word with these upper bits is an exception; its class is in the lower ones.</summary>
    public const ulong FaultMark = 0xFA17_0000_0000_0000;

    /// <summary>Ends the list of taken interrupts.</summary>
    public const ulong WindowEnd = 0xE11D_0000_0000_0000;

    private const ulong MarkBits = 0xFFFF_0000_0000_0000;
    private readonly ReadOnlySpan<byte> _log = log;
    private int _at;

    /// <summary>The result of the vCPU's next operation.</summary>
    public OperationResult Next(Operation op)
    {
        if (op.Kind != OperationKind.TakeInterrupts)
        {
            ulong word = Word();
            return (word & MarkBits) == FaultMark ? OperationResult.Fault((uint)(word & 63)) : OperationResult.Of(word);
        }

        Span<uint> taken = stackalloc uint[Operation.TakeLimit];
        int count = 0;
        for (ulong word = Word(); word != WindowEnd; word = Word())
        {
            if (count == taken.Length || _at == _log.Length)
            {
                return OperationResult.Missing;
            }

            taken[count++] = (uint)word;
        }

        return OperationResult.Interrupts(taken[..count]);
    }

    private ulong Word()
    {
        if (_log.Length - _at < sizeof(ulong))
        {
            return WindowEnd;
        }

        ulong word = BinaryPrimitives.ReadUInt64LittleEndian(_log[_at..]);
        _at += sizeof(ulong);
        return word;
    }
}
