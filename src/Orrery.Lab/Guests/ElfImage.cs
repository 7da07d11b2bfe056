using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Orrery.Lab.Guests;

/// <summary>What the launcher needs to know about a program file (ELF-64, System V ABI, chapters 4 and 5).</summary>
internal sealed record ElfImage
{
    private const int HeaderBytes = 64, SegmentBytes = 56;
    private const ushort TypeExecutable = 2, MachineX64 = 62;
    private const uint SegmentLoad = 1, SegmentInterpreter = 3;
    private const ulong PageBytes = 4096;

    private static ReadOnlySpan<byte> Identification => [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1]; // 64 bits, little endian

    /// <summary>True when the program has fixed addresses, as every User-Mode Linux kernel.</summary>
    public required bool HasFixedAddresses { get; init; }

    /// <summary>The end of the last loaded segment, rounded up to a page: where the program's break begins without randomization.</summary>
    public required ulong End { get; init; }

    /// <summary>The dynamic linker the program asks for; null when it is statically linked.</summary>
    public required string? Interpreter { get; init; }

    /// <summary>Reads the headers of <paramref name="file"/>.</summary>
    /// <param name="file">The file's bytes, at least its headers.</param>
    /// <param name="image">What they say.</param>
    /// <param name="error">Why it is not a program for this machine.</param>
    internal static bool TryParse(ReadOnlySpan<byte> file, [NotNullWhen(true)] out ElfImage? image, out string error)
    {
        image = null;
        error = "not an ELF program for x86-64";
        if (file.Length < HeaderBytes || !file.StartsWith(Identification) || ReadUInt16(file, 18) != MachineX64)
        {
            return false;
        }

        ulong table = ReadUInt64(file, 32);
        int count = ReadUInt16(file, 56);
        if (ReadUInt16(file, 54) != SegmentBytes || table > (ulong)file.Length
            || (ulong)file.Length - table < (ulong)count * SegmentBytes)
        {
            error = "an ELF program whose headers are damaged";
            return false;
        }

        ulong end = 0;
        string? interpreter = null;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> segment = file.Slice((int)table + (i * SegmentBytes), SegmentBytes);
            switch (BinaryPrimitives.ReadUInt32LittleEndian(segment))
            {
                case SegmentLoad:
                    end = Math.Max(end, ReadUInt64(segment, 16) + ReadUInt64(segment, 40));
                    break;
                case SegmentInterpreter:
                    interpreter = ReadString(file, ReadUInt64(segment, 8), ReadUInt64(segment, 32));
                    break;
            }
        }

        image = new ElfImage
        {
            HasFixedAddresses = ReadUInt16(file, 16) == TypeExecutable,
            End = (end + PageBytes - 1) & ~(PageBytes - 1),
            Interpreter = interpreter,
        };
        return true;
    }

    private static string ReadString(ReadOnlySpan<byte> file, ulong offset, ulong length)
        => offset < (ulong)file.Length && length <= (ulong)file.Length - offset
            ? System.Text.Encoding.UTF8.GetString(file.Slice((int)offset, (int)length)).TrimEnd('\0')
            : "";

    private static ushort ReadUInt16(ReadOnlySpan<byte> bytes, int offset)
        => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    private static ulong ReadUInt64(ReadOnlySpan<byte> bytes, int offset)
        => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);
}
