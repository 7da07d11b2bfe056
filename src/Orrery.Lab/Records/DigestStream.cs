using System.Security.Cryptography;

namespace Orrery.Lab.Records;

/// <summary>
/// The running hash of one stream of a run. A chain over blocks: the buffer begins with the SHA-256 of everything before,
/// so the whole state is a plain array that can be saved, and small records are hashed many at a time.
/// </summary>
internal sealed class DigestStream
{
    /// <summary>
    /// Bytes that are hashed at once, those of the chain included. Part of the digest's definition. Larger blocks make long
    /// streams cheaper, smaller ones the lines of the trail, which hash half a block on average.
    /// </summary>
    private const int BlockSize = 1024;

    private readonly byte[] _block = new byte[BlockSize];
    private int _used = SHA256.HashSizeInBytes;

    /// <param name="name">Unique in a run.</param>
    /// <param name="header">The first bytes of the stream: what it is made of, and the version of that.</param>
    public DigestStream(string name, ReadOnlySpan<byte> header)
    {
        Name = name;
        Append(header);
    }

    /// <summary>Goes on where a saved stream stood.</summary>
    /// <param name="name">Unique in a run.</param>
    /// <param name="length">Bytes hashed so far.</param>
    /// <param name="block">Its block (<see cref="Block"/>).</param>
    private DigestStream(string name, ulong length, byte[] block)
    {
        Name = name;
        Length = length;
        block.CopyTo(_block, 0);
        _used = block.Length;
    }

    public string Name { get; }

    /// <summary>Bytes hashed so far, the header included.</summary>
    public ulong Length { get; private set; }

    /// <summary>The hash of all full blocks, and the bytes since.</summary>
    public ReadOnlySpan<byte> Block => _block.AsSpan(0, _used);

    /// <summary>What was counted since the last line of the trail.</summary>
    public ulong Fresh { get; set; }

    /// <summary>Goes on where a saved stream stood; null when none can stand there.</summary>
    public static DigestStream? Resume(string name, ulong length, byte[] block) =>
        block.Length is >= SHA256.HashSizeInBytes and <= BlockSize ? new DigestStream(name, length, block) : null;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Length += (ulong)bytes.Length;
        while (true)
        {
            int taken = Math.Min(bytes.Length, BlockSize - _used);
            bytes[..taken].CopyTo(_block.AsSpan(_used));
            _used += taken;
            bytes = bytes[taken..];
            if (bytes.IsEmpty)
            {
                return;
            }

            SHA256.HashData(_block, _block.AsSpan(0, SHA256.HashSizeInBytes));
            _used = SHA256.HashSizeInBytes;
        }
    }

    /// <summary>The hash of everything so far; the stream goes on.</summary>
    /// <param name="hash">Takes <see cref="SHA256.HashSizeInBytes"/> bytes.</param>
    public void GetHash(Span<byte> hash) => SHA256.HashData(_block.AsSpan(0, _used), hash);

}
