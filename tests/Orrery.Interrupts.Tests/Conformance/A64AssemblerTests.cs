using System.Buffers.Binary;
using Orrery.Interrupts.Conformance.A64;
using Xunit;

namespace Orrery.Interrupts.Tests.Conformance;

/// <summary>
/// Words against the encodings of DDI 0487. That the whole listing of a guest means the same to the GNU assembler is
/// checked where that is installed, in Orrery.Conformance.Tests.
/// </summary>
public class A64AssemblerTests
{
    [Theory]
    [InlineData("nop", 0xD503201F)]
    [InlineData("isb", 0xD5033FDF)]
    [InlineData("dsb sy", 0xD5033F9F)]
    [InlineData("wfi", 0xD503207F)]
    [InlineData("eret", 0xD69F03E0)]
    [InlineData("movz x1, #0x0", 0xD2800001)]
    [InlineData("mov x3, x28", 0xAA1C03E3)]
    [InlineData("orr x0, x0, x9", 0xAA090000)]
    [InlineData("add x9, x9, #4", 0x91001129)]
    [InlineData("sub x25, x25, #1", 0xD1000739)]
    [InlineData("ubfx x9, x9, #26, #6", 0xD35A7D29)]
    [InlineData("ldrb w0, [x1]", 0x39400020)]
    [InlineData("ldrh w0, [x1]", 0x79400020)]
    [InlineData("ldr w0, [x1]", 0xB9400020)]
    [InlineData("ldr x0, [x1]", 0xF9400020)]
    [InlineData("strb w2, [x1]", 0x39000022)]
    [InlineData("str wzr, [x1]", 0xB900003F)]
    [InlineData("ldr x2, [x27, #56]", 0xF9401F62)]
    [InlineData("str x0, [x28], #8", 0xF8008780)]
    [InlineData("mrs x0, ICC_IAR1_EL1", 0xD538CC00)]
    [InlineData("msr ICC_EOIR1_EL1, x9", 0xD518CC29)]
    [InlineData("mrs x9, ESR_EL1", 0xD5385209)]
    [InlineData("msr daifset, #3", 0xD50343DF)]
    [InlineData("msr daifclr, #3", 0xD50343FF)]
    public void Instructions_have_their_words(string text, uint word)
    {
        var asm = new A64Assembler();
        Assemble(asm, text);
        Assert.Equal(text, Assert.Single(asm.Listing).Text);
        Assert.Equal(word, BinaryPrimitives.ReadUInt32LittleEndian(asm.ToBytes()));
    }

    [Fact]
    public void A_constant_takes_an_instruction_for_each_half_word_that_is_not_zero()
    {
        var asm = new A64Assembler();
        asm.Load(5, 0x0900_0000_0000_1234);
        Assert.Equal(["movz x5, #0x1234", "movk x5, #0x900, lsl #48"], asm.Listing.Select(line => line.Text));
    }

    [Fact]
    public void Branches_reach_labels_before_and_behind_them()
    {
        var asm = new A64Assembler();
        Label start = asm.NewLabel(), end = asm.NewLabel();
        asm.Mark(start);
        asm.BranchIfZero(1, end);
        asm.Branch(start);
        asm.Mark(end);
        byte[] code = asm.ToBytes();
        Assert.Equal(0xB400_0041, BinaryPrimitives.ReadUInt32LittleEndian(code));
        Assert.Equal(0x17FF_FFFFu, BinaryPrimitives.ReadUInt32LittleEndian(code.AsSpan(4)));
    }

    [Fact]
    public void Padding_backwards_is_a_mistake()
    {
        var asm = new A64Assembler();
        asm.PadTo(8);
        Assert.Throws<ArgumentOutOfRangeException>(() => asm.PadTo(4));
    }

    private static void Assemble(A64Assembler asm, string text)
    {
        switch (text)
        {
            case "nop": asm.Nop(); break;
            case "isb": asm.InstructionBarrier(); break;
            case "dsb sy": asm.DataBarrier(); break;
            case "wfi": asm.WaitForInterrupt(); break;
            case "eret": asm.ExceptionReturn(); break;
            case "movz x1, #0x0": asm.Load(1, 0); break;
            case "mov x3, x28": asm.Move(3, 28); break;
            case "orr x0, x0, x9": asm.Or(0, 0, 9); break;
            case "add x9, x9, #4": asm.Add(9, 9, 4); break;
            case "sub x25, x25, #1": asm.Subtract(25, 25, 1); break;
            case "ubfx x9, x9, #26, #6": asm.ExtractBits(9, 9, 26, 6); break;
            case "ldrb w0, [x1]": asm.Read(0, 1, 1); break;
            case "ldrh w0, [x1]": asm.Read(0, 1, 2); break;
            case "ldr w0, [x1]": asm.Read(0, 1, 4); break;
            case "ldr x0, [x1]": asm.Read(0, 1, 8); break;
            case "strb w2, [x1]": asm.Write(2, 1, 1); break;
            case "str wzr, [x1]": asm.Write(A64Assembler.Zero, 1, 4); break;
            case "ldr x2, [x27, #56]": asm.ReadAt(2, 27, 56); break;
            case "str x0, [x28], #8": asm.Push(0, 28); break;
            case "mrs x0, ICC_IAR1_EL1": asm.ReadSystem(0, SystemRegisters.IccIar1); break;
            case "msr ICC_EOIR1_EL1, x9": asm.WriteSystem(SystemRegisters.IccEoir1, 9); break;
            case "mrs x9, ESR_EL1": asm.ReadSystem(9, SystemRegisters.Esr); break;
            case "msr daifset, #3": asm.Mask(3); break;
            case "msr daifclr, #3": asm.Unmask(3); break;
            default: throw new ArgumentException(text);
        }
    }
}
