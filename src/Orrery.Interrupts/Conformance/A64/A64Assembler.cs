using System.Buffers.Binary;

namespace Orrery.Interrupts.Conformance.A64;

/// <summary>A place in the code; branches may name it before it is marked.</summary>
internal readonly record struct Label(int Id)
{
    public override string ToString() => $"L{Id}";
}

/// <summary>
/// Assembles the few A64 instructions that guest programs are made of, and keeps the text of each for the listing.
/// Encodings: DDI 0487, C4.1 and the instruction's page in C6.2. Registers are numbers; 31 is XZR or SP, as the
/// instruction has it.
/// </summary>
internal sealed class A64Assembler
{
    /// <summary>The zero register, where an instruction has one.</summary>
    public const int Zero = 31;

    private const uint Imm19Mask = (1 << 19) - 1;
    private const uint Imm26Mask = (1 << 26) - 1;

    private readonly List<uint> _words = [];
    private readonly List<ListingLine> _listing = [];
    private readonly List<int> _labels = [];
    private readonly List<(int At, Label Target, bool IsWide)> _branches = [];

    /// <summary>A line of the listing: the instruction at an offset, or a comment or label (no offset).</summary>
    internal readonly record struct ListingLine(int Offset, string Text)
    {
        public bool IsInstruction => Offset >= 0;
    }

    /// <summary>Bytes emitted so far.</summary>
    public int Length => _words.Count * sizeof(uint);

    public IReadOnlyList<ListingLine> Listing => _listing;

    /// <summary>The code, little-endian, all branches resolved.</summary>
    public byte[] ToBytes()
    {
        foreach ((int at, Label target, bool isWide) in _branches)
        {
            int distance = _labels[target.Id] - at;
            _words[at] |= isWide ? (uint)distance & Imm26Mask : ((uint)distance & Imm19Mask) << 5;
        }

        _branches.Clear();
        var bytes = new byte[Length];
        for (int i = 0; i < _words.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)), _words[i]);
        }

        return bytes;
    }

    public Label NewLabel()
    {
        _labels.Add(-1);
        return new Label(_labels.Count - 1);
    }

    /// <summary>Marks the place of a label: here.</summary>
    public void Mark(Label label)
    {
        _labels[label.Id] = _words.Count;
        _listing.Add(new ListingLine(-1, $"{label}:"));
    }

    public void Comment(string text) => _listing.Add(new ListingLine(-1, $"// {text}"));

    /// <summary>Fills with NOP up to an offset that is not behind.</summary>
    public void PadTo(int offset)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(offset, Length);
        while (Length < offset)
        {
            Nop();
        }
    }

    /// <summary>A 64-bit constant: MOVZ, and MOVK for each further half-word that is not zero.</summary>
    public void Load(int to, ulong value)
    {
        if (value == 0)
        {
            Emit(0xD280_0000u | (uint)to, $"movz x{to}, #0x0");
            return;
        }

        bool first = true;
        for (int half = 0; half < 4; half++)
        {
            uint bits = (uint)(value >> (16 * half)) & 0xFFFF;
            if (bits == 0)
            {
                continue;
            }

            string shift = half == 0 ? string.Empty : $", lsl #{16 * half}";
            uint opcode = first ? 0xD280_0000u : 0xF280_0000u;
            Emit(opcode | (uint)half << 21 | bits << 5 | (uint)to, $"{(first ? "movz" : "movk")} x{to}, #0x{bits:x}{shift}");
            first = false;
        }
    }

    public void Move(int to, int from) => Emit(0xAA00_03E0u | (uint)from << 16 | (uint)to, $"mov x{to}, x{from}");

    public void Or(int to, int left, int right) =>
        Emit(0xAA00_0000u | (uint)right << 16 | (uint)left << 5 | (uint)to, $"orr x{to}, x{left}, x{right}");

    public void Add(int to, int from, int immediate) =>
        Emit(0x9100_0000u | (uint)immediate << 10 | (uint)from << 5 | (uint)to, $"add x{to}, x{from}, #{immediate}");

    public void Subtract(int to, int from, int immediate) =>
        Emit(0xD100_0000u | (uint)immediate << 10 | (uint)from << 5 | (uint)to, $"sub x{to}, x{from}, #{immediate}");

    /// <summary>Bits [lsb + width - 1 : lsb] of a register, moved to the bottom (UBFX).</summary>
    public void ExtractBits(int to, int from, int lsb, int width) => Emit(
        0xD340_0000u | (uint)lsb << 16 | (uint)(lsb + width - 1) << 10 | (uint)from << 5 | (uint)to,
        $"ubfx x{to}, x{from}, #{lsb}, #{width}");

    /// <summary>Reads 1, 2, 4 or 8 bytes at a register's address.</summary>
    public void Read(int to, int address, int width) => Emit(
        SizeBits(width) | 0x3940_0000u | (uint)address << 5 | (uint)to, $"ldr{Suffix(width)} {Sized(to, width)}, [x{address}]");

    /// <summary>Writes 1, 2, 4 or 8 bytes at a register's address.</summary>
    public void Write(int from, int address, int width) => Emit(
        SizeBits(width) | 0x3900_0000u | (uint)address << 5 | (uint)from, $"str{Suffix(width)} {Sized(from, width)}, [x{address}]");

    /// <summary>Reads eight bytes at a register plus a multiple of eight below 32 768.</summary>
    public void ReadAt(int to, int address, int offset) => Emit(
        0xF940_0000u | (uint)(offset / 8) << 10 | (uint)address << 5 | (uint)to, $"ldr x{to}, [x{address}, #{offset}]");

    /// <summary>Writes eight bytes at a register plus a multiple of eight below 32 768.</summary>
    public void WriteAt(int from, int address, int offset) => Emit(
        0xF900_0000u | (uint)(offset / 8) << 10 | (uint)address << 5 | (uint)from, $"str x{from}, [x{address}, #{offset}]");

    /// <summary>Writes eight bytes at a register's address and moves the register behind them.</summary>
    public void Push(int from, int address) =>
        Emit(0xF800_0400u | 8u << 12 | (uint)address << 5 | (uint)from, $"str x{from}, [x{address}], #8");

    public void ReadSystem(int to, SystemRegister register) =>
        Emit(0xD530_0000u | SystemBits(register) | (uint)to, $"mrs x{to}, {register}");

    public void WriteSystem(SystemRegister register, int from) =>
        Emit(0xD510_0000u | SystemBits(register) | (uint)from, $"msr {register}, x{from}");

    /// <summary>Masks interrupts: bit 0 FIQ, bit 1 IRQ, bit 2 SError, bit 3 debug.</summary>
    public void Mask(int which) => Emit(0xD503_40DFu | (uint)which << 8, $"msr daifset, #{which}");

    /// <summary>Unmasks interrupts; bits as in <see cref="Mask"/>.</summary>
    public void Unmask(int which) => Emit(0xD503_40FFu | (uint)which << 8, $"msr daifclr, #{which}");

    public void InstructionBarrier() => Emit(0xD503_3FDFu, "isb");

    public void DataBarrier() => Emit(0xD503_3F9Fu, "dsb sy");

    public void WaitForInterrupt() => Emit(0xD503_207Fu, "wfi");

    public void Nop() => Emit(0xD503_201Fu, "nop");

    public void ExceptionReturn() => Emit(0xD69F_03E0u, "eret");

    public void Branch(Label target)
    {
        _branches.Add((_words.Count, target, true));
        Emit(0x1400_0000u, $"b {target}");
    }

    public void BranchIfZero(int register, Label target)
    {
        _branches.Add((_words.Count, target, false));
        Emit(0xB400_0000u | (uint)register, $"cbz x{register}, {target}");
    }

    public void BranchIfNotZero(int register, Label target)
    {
        _branches.Add((_words.Count, target, false));
        Emit(0xB500_0000u | (uint)register, $"cbnz x{register}, {target}");
    }

    private static uint SystemBits(SystemRegister register) => (uint)register.Encoding << 5 & 0x001F_FFE0u;

    private static uint SizeBits(int width) => (uint)int.Log2(width) << 30;

    private static string Suffix(int width) => width switch { 1 => "b", 2 => "h", _ => string.Empty };

    private static string Sized(int register, int width) =>
        register == Zero ? (width == 8 ? "xzr" : "wzr") : $"{(width == 8 ? 'x' : 'w')}{register}";

    private void Emit(uint word, string text)
    {
        _listing.Add(new ListingLine(Length, text));
        _words.Add(word);
    }
}
