using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Orrery.Interrupts.Conformance.Live;

/// <summary>
/// The host's end of the agent's port: sends a batch in one frame, waits for the frame that answers it, checks it.
/// One batch at a time. Waiting has no limit of its own: whoever owns the machine behind the streams ends it when its
/// time is up, and the read fails.
/// </summary>
internal sealed class AgentConnection(Stream toAgent, Stream fromAgent)
{
    private uint _sequence;

    /// <summary>Executes a batch. False, with the reason, when the agent is gone or does not speak the protocol.</summary>
    public bool TryExecute(AgentBatch batch, [NotNullWhen(true)] out AgentAnswer[]? answers, out string problem)
    {
        answers = null;
        if (batch.Length > AgentProtocol.FrameLimit)
        {
            problem = $"a batch of {batch.Length} bytes exceeds the limit of a frame, {AgentProtocol.FrameLimit}";
            return false;
        }

        try
        {
            Send(batch.Bytes);
            return TryReceive(batch.Count, out answers, out problem);
        }
        catch (IOException e)
        {
            problem = $"the agent's port broke: {e.Message}";
            return false;
        }
    }

    private void Send(ReadOnlySpan<byte> payload)
    {
        Span<byte> header = stackalloc byte[AgentProtocol.FrameHeaderBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(header, AgentProtocol.FrameMagic);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], ++_sequence);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], Crc32.Of(payload));
        toAgent.Write(header);
        toAgent.Write(payload);
        toAgent.Flush();
    }

    private bool TryReceive(int count, [NotNullWhen(true)] out AgentAnswer[]? answers, out string problem)
    {
        answers = null;
        Span<byte> header = stackalloc byte[AgentProtocol.FrameHeaderBytes];
        if (fromAgent.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length)
        {
            problem = "the agent ended without an answer";
            return false;
        }

        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(header);
        uint sequence = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        if (magic != AgentProtocol.FrameMagic || sequence != _sequence || length > AgentProtocol.FrameLimit)
        {
            problem = $"not the answer to batch {_sequence}: magic 0x{magic:X8}, batch {sequence}, {length} bytes";
            return false;
        }

        var payload = new byte[length];
        if (fromAgent.ReadAtLeast(payload, payload.Length, throwOnEndOfStream: false) < payload.Length)
        {
            problem = $"the agent ended inside its answer to batch {_sequence}";
            return false;
        }

        if (Crc32.Of(payload) != BinaryPrimitives.ReadUInt32LittleEndian(header[12..]))
        {
            problem = $"the answer to batch {_sequence} is damaged";
            return false;
        }

        return AgentAnswers.TryParse(payload, count, out answers, out problem);
    }
}
