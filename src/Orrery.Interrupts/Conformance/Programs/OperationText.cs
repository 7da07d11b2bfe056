using System.Globalization;
using Orrery.Interrupts.Conformance.A64;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Conformance.Programs;

/// <summary>
/// The text form of operations and results, one line each, which listings, goldens and reports share:
/// <code>
/// cpu0 write GICD+0x104/4 0x1          cpu0 ack 1            host set DIST_REGS 0x104/4 0x1
/// cpu1 read GICR_SGI0+0x100/4           cpu0 eoi 1            host get CPU_SYSREGS 0xc230/8
/// cpu0 msr ICC_PMR_EL1 0xf0            cpu0 dir 1            host line spi 33 1
/// cpu0 mrs ICC_RPR_EL1                 cpu0 take 3 dir       host line ppi cpu1 27 0
/// </code>
/// </summary>
internal static class OperationText
{
    private const string GuestPrefix = "cpu";
    private const string Alternate = "alternate";
    private const string WithDeactivation = "dir";

    private static readonly GicFrame[] Frames =
        [GicFrame.Distributor, GicFrame.CpuInterface, GicFrame.RedistributorSgi, GicFrame.Redistributor];

    public static string Format(Operation op) => op.Kind switch
    {
        OperationKind.Read => $"cpu{op.Vcpu} read {Place(op)}",
        OperationKind.Write => Text($"cpu{op.Vcpu} write {Place(op)} 0x{op.Value:x}"),
        OperationKind.ReadSystem => $"cpu{op.Vcpu} mrs {op.System}",
        OperationKind.WriteSystem => Text($"cpu{op.Vcpu} msr {op.System} 0x{op.Value:x}"),
        OperationKind.Acknowledge => $"cpu{op.Vcpu} ack {op.Index}{Flag(op, Alternate)}",
        OperationKind.EndOfInterrupt => $"cpu{op.Vcpu} eoi {op.Index}{Flag(op, Alternate)}",
        OperationKind.Deactivate => $"cpu{op.Vcpu} dir {op.Index}",
        OperationKind.TakeInterrupts => $"cpu{op.Vcpu} take {op.Index}{Flag(op, WithDeactivation)}",
        OperationKind.SetAttribute => Text($"host set {((VgicGroup)op.Where).KernelName()} 0x{op.Attribute:x}/{op.Width} 0x{op.Value:x}"),
        OperationKind.GetAttribute => Text($"host get {((VgicGroup)op.Where).KernelName()} 0x{op.Attribute:x}/{op.Width}"),
        OperationKind.HasAttribute => Text($"host has {((VgicGroup)op.Where).KernelName()} 0x{op.Attribute:x}"),
        OperationKind.SetLine when op.Where < 32 => $"host line ppi cpu{op.Vcpu} {op.Where} {op.Index}",
        OperationKind.SetLine => $"host line spi {op.Where} {op.Index}",
        _ => "host migrate",
    };

    /// <summary>Parses one operation. False, with what was expected and where, when the text is not one.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Operation operation, out string problem)
    {
        var cursor = new TextCursor(text);
        ReadOnlySpan<char> who = cursor.Word();
        string? expected = who.SequenceEqual("host") ? ParseHost(ref cursor, out operation)
            : TryNumbered(who, GuestPrefix, MachineShape.VcpuLimit - 1, out int vcpu) ? ParseGuest(ref cursor, vcpu, out operation)
            : Fail("'host' or 'cpu0' to 'cpu3'", out operation);
        if (expected is null && !cursor.Rest.IsEmpty)
        {
            cursor.Word();
            expected = "the end of the line";
        }

        problem = expected is null ? string.Empty : $"column {cursor.Column}: expected {expected}";
        return expected is null;
    }

    /// <summary>Parses a result, as <see cref="OperationResult.ToString"/> writes it.</summary>
    public static bool TryParseResult(ReadOnlySpan<char> text, out OperationResult result)
    {
        text = text.Trim();
        result = OperationResult.Missing;
        if (text is ['[', .. var list, ']'])
        {
            var taken = new List<uint>();
            foreach (Range range in list.Split(' '))
            {
                if (list[range].IsEmpty)
                {
                    continue;
                }

                if (taken.Count == Operation.TakeLimit || !TextCursor.TryParse(list[range], uint.MaxValue, out ulong intid))
                {
                    return false;
                }

                taken.Add((uint)intid);
            }

            result = OperationResult.Interrupts([.. taken]);
            return true;
        }

        var cursor = new TextCursor(text);
        ReadOnlySpan<char> word = cursor.Word();
        bool isFault = word.SequenceEqual("fault");
        ulong value;
        if (isFault || word.SequenceEqual("error"))
        {
            if (!cursor.TryNumber(isFault ? 63u : 4095u, out value))
            {
                return false;
            }

            result = isFault ? OperationResult.Fault((uint)value) : OperationResult.Error((int)value);
            return cursor.Rest.IsEmpty;
        }

        if (word.SequenceEqual("missing"))
        {
            return cursor.Rest.IsEmpty;
        }

        if (!TextCursor.TryParse(word, ulong.MaxValue, out value))
        {
            return false;
        }

        result = OperationResult.Of(value);
        return cursor.Rest.IsEmpty;
    }

    // The parsers below return what they expected and did not find, or null.
    private static string? ParseGuest(ref TextCursor cursor, int vcpu, out Operation op)
    {
        op = default;
        ReadOnlySpan<char> verb = cursor.Word();
        switch (verb)
        {
            case "read":
            case "write":
                bool writes = verb is "write";
                if (!TryPlace(cursor.Word(), out GicFrame frame, out int index, out uint offset, out int width))
                {
                    return "a register such as GICD+0x104/4, GICC+0xc/4, GICR1+0x8/8 or GICR_SGI1+0x100/4";
                }

                ulong value = 0;
                if (writes && !cursor.TryNumber(ulong.MaxValue, out value))
                {
                    return "the value to write";
                }

                op = writes ? Operation.Write(vcpu, frame, offset, width, value, index) : Operation.Read(vcpu, frame, offset, width, index);
                return null;
            case "mrs":
            case "msr":
                bool writesSystem = verb is "msr";
                if (!SystemRegisters.TryFind(cursor.Word().ToString(), out SystemRegister register))
                {
                    return "the name of a system register";
                }

                ulong systemValue = 0;
                if (writesSystem && !cursor.TryNumber(ulong.MaxValue, out systemValue))
                {
                    return "the value to write";
                }

                op = writesSystem ? Operation.WriteSystem(vcpu, register, systemValue) : Operation.ReadSystem(vcpu, register);
                return null;
            case "ack":
            case "eoi":
            case "dir":
                if (!cursor.TryNumber(Operation.SlotCount - 1, out ulong slot))
                {
                    return $"a slot, 0 to {Operation.SlotCount - 1}";
                }

                bool alternate = verb is not "dir" && TakeWord(ref cursor, Alternate);
                op = verb is "ack" ? Operation.Acknowledge(vcpu, (int)slot, alternate)
                    : verb is "eoi" ? Operation.EndOfInterrupt(vcpu, (int)slot, alternate)
                    : Operation.Deactivate(vcpu, (int)slot);
                return null;
            case "take":
                if (!cursor.TryNumber(Operation.TakeLimit, out ulong limit) || limit == 0)
                {
                    return $"how many interrupts at most, 1 to {Operation.TakeLimit}";
                }

                op = Operation.TakeInterrupts(vcpu, (int)limit, TakeWord(ref cursor, WithDeactivation));
                return null;
            default:
                return "read, write, mrs, msr, ack, eoi, dir or take";
        }
    }

    private static string? ParseHost(ref TextCursor cursor, out Operation op)
    {
        op = default;
        ReadOnlySpan<char> verb = cursor.Word();
        switch (verb)
        {
            case "migrate":
                op = Operation.Migrate();
                return null;
            case "line":
                return ParseLine(ref cursor, out op);
            case "set":
            case "get":
            case "has":
                break;
            default:
                return "set, get, has, line or migrate";
        }

        if (VgicGroupExtensions.FromKernelName(cursor.Word().ToString()) is not { } group)
        {
            return $"an attribute group: {string.Join(", ", Enum.GetValues<VgicGroup>().Select(g => g.KernelName()))}";
        }

        ReadOnlySpan<char> word = cursor.Word();
        if (verb is "has")
        {
            if (!TextCursor.TryParse(word, ulong.MaxValue, out ulong asked))
            {
                return "the attribute";
            }

            op = Operation.HasAttribute(group, asked);
            return null;
        }

        if (!TrySized(word, ulong.MaxValue, out ulong attribute, out int width))
        {
            return "the attribute and its bytes, such as 0x104/4";
        }

        ulong value = 0;
        if (verb is "set" && !cursor.TryNumber(ulong.MaxValue, out value))
        {
            return "the value to set";
        }

        op = verb is "set"
            ? Operation.SetAttribute(group, attribute, width, value)
            : Operation.GetAttribute(group, attribute, width);
        return null;
    }

    private static string? ParseLine(ref TextCursor cursor, out Operation op)
    {
        op = default;
        ReadOnlySpan<char> type = cursor.Word();
        int vcpu = 0;
        bool isPpi = type is "ppi";
        if (!isPpi && type is not "spi")
        {
            return "spi or ppi";
        }

        if (isPpi && !TryNumbered(cursor.Word(), GuestPrefix, MachineShape.VcpuLimit - 1, out vcpu))
        {
            return "the vCPU of the line";
        }

        if (!cursor.TryNumber(ushort.MaxValue, out ulong intid) || isPpi != intid < 32)
        {
            return isPpi ? "an INTID below 32" : "an INTID from 32";
        }

        if (!cursor.TryNumber(1, out ulong level))
        {
            return "the level, 0 or 1";
        }

        op = Operation.SetLine((uint)intid, level != 0, vcpu);
        return null;
    }

    private static string? Fail(string expected, out Operation op)
    {
        op = default;
        return expected;
    }

    private static bool TakeWord(ref TextCursor cursor, string word)
    {
        if (!cursor.Rest.SequenceEqual(word))
        {
            return false;
        }

        cursor.Word();
        return true;
    }

    /// <summary>GICD+0x104/4: frame, offset and width.</summary>
    private static bool TryPlace(ReadOnlySpan<char> word, out GicFrame frame, out int index, out uint offset, out int width)
    {
        frame = default;
        index = 0;
        offset = 0;
        width = 0;
        int plus = word.IndexOf('+');
        if (plus < 0)
        {
            return false;
        }

        if (!TryFrame(word[..plus], out frame, out index))
        {
            return false;
        }

        if (!TrySized(word[(plus + 1)..], 0xFFFF, out ulong value, out width))
        {
            return false;
        }

        offset = (uint)value;
        return true;
    }

    /// <summary>GICD, GICC, or GICR and GICR_SGI with the vCPU whose redistributor it is.</summary>
    private static bool TryFrame(ReadOnlySpan<char> name, out GicFrame frame, out int index)
    {
        foreach (GicFrame known in Frames)
        {
            bool isOwned = known is GicFrame.Redistributor or GicFrame.RedistributorSgi;
            index = 0;
            frame = known;
            if (isOwned ? TryNumbered(name, known.ShortName(), MachineShape.VcpuLimit - 1, out index) : name.SequenceEqual(known.ShortName()))
            {
                return true;
            }
        }

        index = 0;
        frame = default;
        return false;
    }

    /// <summary>0x104/4: a number and a width of 1, 2, 4 or 8.</summary>
    private static bool TrySized(ReadOnlySpan<char> word, ulong limit, out ulong value, out int width)
    {
        value = 0;
        width = 0;
        int slash = word.IndexOf('/');
        if (slash < 0 || !TextCursor.TryParse(word[..slash], limit, out value)
            || !TextCursor.TryParse(word[(slash + 1)..], 8, out ulong bytes) || bytes is not (1 or 2 or 4 or 8))
        {
            return false;
        }

        width = (int)bytes;
        return true;
    }

    private static bool TryNumbered(ReadOnlySpan<char> word, string prefix, int limit, out int number)
    {
        number = 0;
        if (!word.StartsWith(prefix, StringComparison.Ordinal)
            || !TextCursor.TryParse(word[prefix.Length..], (ulong)limit, out ulong value))
        {
            return false;
        }

        number = (int)value;
        return true;
    }

    private static string Place(Operation op)
    {
        string owner = op.HasOwner ? op.Index.ToString(CultureInfo.InvariantCulture) : string.Empty;
        return Text($"{op.Frame.ShortName()}{owner}+0x{op.Where:x}/{op.Width}");
    }

    private static string Flag(Operation op, string flag) => op.Alternate ? $" {flag}" : string.Empty;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
