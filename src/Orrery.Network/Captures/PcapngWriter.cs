using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Orrery.Network;

/// <summary>
/// Writes frames in the pcapng format (draft-ietf-opsawg-pcapng): one section, Ethernet interfaces with timestamps in
/// nanoseconds, an enhanced packet block for each frame. Little-endian.
/// </summary>
public sealed class PcapngWriter : IDisposable
{
    private const uint SectionHeaderBlock = 0x0a0d0d0a;
    private const uint InterfaceDescriptionBlock = 1;
    private const uint EnhancedPacketBlock = 6;
    private const uint ByteOrderMagic = 0x1a2b3c4d;
    private const ushort LinkTypeEthernet = 1;
    private const ushort OptionEnd = 0;
    private const ushort OptionApplication = 4; // shb_userappl
    private const ushort OptionName = 2; // if_name
    private const ushort OptionResolution = 9; // if_tsresol
    private const ushort OptionFlags = 2; // epb_flags
    private const byte Nanoseconds = 9; // 10^-9 s
    private const uint Outbound = 2;
    private const int FlushSize = 64 << 10;

    private readonly Stream _output;
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private uint _interfaceCount;

    /// <param name="output">Takes the file; disposed of with the writer.</param>
    public PcapngWriter(Stream output)
    {
        _output = output;
        int start = Begin(SectionHeaderBlock);
        Put(ByteOrderMagic);
        Put((ushort)1); // version 1.0
        Put((ushort)0);
        Put(ulong.MaxValue); // the section's length is not given
        PutOption(OptionApplication, "Orrery"u8);
        PutOption(OptionEnd, []);
        End(start);
    }

    /// <summary>Adds an interface.</summary>
    /// <returns>The number that its frames carry.</returns>
    public uint AddInterface(string name)
    {
        int start = Begin(InterfaceDescriptionBlock);
        Put(LinkTypeEthernet);
        Put((ushort)0);
        Put(0u); // frames are never cut
        PutOption(OptionName, Encoding.UTF8.GetBytes(name));
        PutOption(OptionResolution, [Nanoseconds]);
        PutOption(OptionEnd, []);
        End(start);
        return _interfaceCount++;
    }

    /// <summary>Adds a frame that left an interface.</summary>
    /// <param name="port">A number that <see cref="AddInterface"/> gave.</param>
    /// <param name="unixNs">When, in nanoseconds since 1970.</param>
    /// <param name="frame">Without the check sequence.</param>
    /// <exception cref="IOException">The output takes no more.</exception>
    public void WriteSent(uint port, ulong unixNs, ReadOnlySpan<byte> frame)
    {
        int start = Begin(EnhancedPacketBlock);
        Put(port);
        Put((uint)(unixNs >> 32));
        Put((uint)unixNs);
        Put((uint)frame.Length);
        Put((uint)frame.Length);
        PutPadded(frame);
        Span<byte> flags = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(flags, Outbound);
        PutOption(OptionFlags, flags);
        PutOption(OptionEnd, []);
        End(start);
        if (_buffer.WrittenCount >= FlushSize)
        {
            Flush();
        }
    }

    /// <summary>Hands what is buffered to the output.</summary>
    /// <exception cref="IOException">The output takes no more.</exception>
    public void Flush()
    {
        ReadOnlySpan<byte> written = _buffer.WrittenSpan;
        _output.Write(written);
        _buffer.ResetWrittenCount();
    }

    /// <summary>Flushes and closes the output.</summary>
    /// <exception cref="IOException">The output takes no more.</exception>
    public void Dispose()
    {
        using (_output)
        {
            Flush();
        }
    }

    private int Begin(uint blockType)
    {
        int start = _buffer.WrittenCount;
        Put(blockType);
        Put(0u); // the length, known at the end
        return start;
    }

    private void End(int start)
    {
        uint length = (uint)(_buffer.WrittenCount - start + sizeof(uint));
        Put(length);
        BinaryPrimitives.WriteUInt32LittleEndian(WrittenFrom(start + sizeof(uint)), length);
    }

    private void PutOption(ushort code, ReadOnlySpan<byte> value)
    {
        Put(code);
        Put((ushort)value.Length);
        PutPadded(value);
    }

    /// <summary>The bytes and zeros up to a multiple of four.</summary>
    private void PutPadded(ReadOnlySpan<byte> bytes)
    {
        _buffer.Write(bytes);
        ReadOnlySpan<byte> zeros = [0, 0, 0];
        _buffer.Write(zeros[..(-bytes.Length & 3)]);
    }

    private void Put(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.GetSpan(sizeof(ushort)), value);
        _buffer.Advance(sizeof(ushort));
    }

    private void Put(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.GetSpan(sizeof(uint)), value);
        _buffer.Advance(sizeof(uint));
    }

    private void Put(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.GetSpan(sizeof(ulong)), value);
        _buffer.Advance(sizeof(ulong));
    }

    private Span<byte> WrittenFrom(int start) =>
        System.Runtime.InteropServices.MemoryMarshal.AsMemory(_buffer.WrittenMemory).Span[start..];
}
