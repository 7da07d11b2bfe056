using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Orrery.Interrupts.Conformance.Live;

/// <summary>What one command of a batch returned.</summary>
/// <param name="Status">0, or an errno of Linux negated.</param>
/// <param name="Value">The number it answered, if it answers one.</param>
/// <param name="Data">The bytes it answered, if any.</param>
internal readonly record struct AgentAnswer(int Status, ulong Value, ReadOnlyMemory<byte> Data)
{
    /// <summary>The data as a little-endian number of up to eight bytes.</summary>
    public ulong DataAsNumber
    {
        get
        {
            ulong value = 0;
            ReadOnlySpan<byte> data = Data.Span;
            for (int i = Math.Min(data.Length, sizeof(ulong)) - 1; i >= 0; i--)
            {
                value = (value << 8) | data[i];
            }

            return value;
        }
    }
}

/// <summary>The decoded answer to <see cref="AgentBatch.Run"/>: where and why the vCPU left the guest.</summary>
/// <param name="Status">Of KVM_RUN: 0, -EINTR, or -ETIMEDOUT when the limit passed.</param>
/// <param name="Reason">KVM_EXIT_*.</param>
/// <param name="Address">Guest physical address of an MMIO exit.</param>
/// <param name="Data">Value of an MMIO exit.</param>
/// <param name="Width">Bytes of an MMIO exit.</param>
/// <param name="IsWrite">Whether an MMIO exit writes.</param>
/// <param name="DeviceIrqLevel">The word of KVM_CAP_ARM_USER_IRQ.</param>
internal readonly record struct RunAnswer(
    int Status, uint Reason, ulong Address, ulong Data, int Width, bool IsWrite, ulong DeviceIrqLevel)
{
    private const int Bytes = 48;

    /// <summary>Decodes the data of an answer (<c>struct run_answer</c> and the <c>mmio</c> member of <c>struct kvm_run</c>).</summary>
    public static bool TryDecode(AgentAnswer answer, out RunAnswer run)
    {
        ReadOnlySpan<byte> data = answer.Data.Span;
        if (data.Length != Bytes)
        {
            run = default;
            return false;
        }

        run = new RunAnswer(
            answer.Status,
            BinaryPrimitives.ReadUInt32LittleEndian(data),
            BinaryPrimitives.ReadUInt64LittleEndian(data[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(data[16..]),
            (int)BinaryPrimitives.ReadUInt32LittleEndian(data[24..]),
            data[28] != 0,
            BinaryPrimitives.ReadUInt64LittleEndian(data[40..]));
        return true;
    }
}

/// <summary>Splits the answer to a batch into the answers to its commands.</summary>
internal static class AgentAnswers
{
    /// <summary>
    /// Parses <paramref name="payload"/>, which must hold exactly <paramref name="count"/> answers; the answers refer to it.
    /// </summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> payload, int count, [NotNullWhen(true)] out AgentAnswer[]? answers, out string problem)
    {
        answers = null;
        var parsed = new AgentAnswer[count];
        int at = 0;
        for (int i = 0; i < count; i++)
        {
            if (payload.Length - at < AgentProtocol.AnswerBytes)
            {
                problem = $"the answer ends at byte {at}, inside answer {i + 1} of {count}";
                return false;
            }

            ReadOnlySpan<byte> header = payload.Span.Slice(at, AgentProtocol.AnswerBytes);
            int status = BinaryPrimitives.ReadInt32LittleEndian(header);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
            ulong value = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
            at += AgentProtocol.AnswerBytes;
            if (length > payload.Length - at)
            {
                problem = $"answer {i + 1} of {count} claims {length} bytes of data, {payload.Length - at} follow";
                return false;
            }

            parsed[i] = new AgentAnswer(status, value, payload.Slice(at, (int)length));
            at = Math.Min(payload.Length, at + AgentProtocol.Padded((int)length));
        }

        if (at != payload.Length)
        {
            problem = $"{payload.Length - at} bytes follow the last of {count} answers";
            return false;
        }

        answers = parsed;
        problem = string.Empty;
        return true;
    }
}
