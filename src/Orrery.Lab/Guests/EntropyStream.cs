using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Orrery.Lab.Guests;

/// <summary>
/// The random bytes of one guest: the answers to its getrandom calls, a function of the lab's seed, the node's name and
/// the number of the call. SHA-256 in counter mode.
/// </summary>
internal sealed class EntropyStream
{
    private readonly byte[] _key;
    private ulong _call;

    internal EntropyStream(ulong seed, string node)
    {
        var material = new byte[sizeof(ulong) + Encoding.UTF8.GetByteCount(node)];
        BinaryPrimitives.WriteUInt64LittleEndian(material, seed);
        Encoding.UTF8.GetBytes(node, material.AsSpan(sizeof(ulong)));
        _key = SHA256.HashData(material);
    }

    /// <summary>Fills <paramref name="answer"/> for the current call: the same bytes until <see cref="Advance"/>.</summary>
    internal void Fill(Span<byte> answer)
    {
        Span<byte> input = stackalloc byte[SHA256.HashSizeInBytes + sizeof(ulong) + sizeof(uint)];
        Span<byte> block = stackalloc byte[SHA256.HashSizeInBytes];
        _key.CopyTo(input);
        BinaryPrimitives.WriteUInt64LittleEndian(input[SHA256.HashSizeInBytes..], _call);
        for (uint number = 0; !answer.IsEmpty; number++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(input[(SHA256.HashSizeInBytes + sizeof(ulong))..], number);
            SHA256.HashData(input, block);
            int count = Math.Min(block.Length, answer.Length);
            block[..count].CopyTo(answer);
            answer = answer[count..];
        }
    }

    /// <summary>The current call has its answer; the next one gets other bytes.</summary>
    internal void Advance() => _call++;
}
