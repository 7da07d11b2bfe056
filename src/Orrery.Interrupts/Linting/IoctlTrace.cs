using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Orrery.Interrupts.Linting;

/// <summary>
/// Reads the text of a system call trace in the form of strace: <c>ioctl(FD, REQUEST, ARGUMENT) = RESULT</c>, with
/// process numbers and time stamps before it, and requests by name or by number. strace shows the structures behind KVM's
/// pointers as addresses; a recorder that follows them (tools/kvm-trace) writes <c>{group=…, attr=…, addr=[VALUE]}</c> and
/// <c>{id=…, addr=[VALUE]}</c> (docs/irq-lint.md). Lines of other system calls are passed over.
/// </summary>
public static class IoctlTrace
{
    private const string Call = "ioctl(";
    private const int LineLimit = 4096;

    /// <summary>
    /// Parses a trace. False, with the line and what was expected, when it is not one, or when (with its calls all the same) it
    /// shows of no structure what is in it.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IReadOnlyList<TracedCall>? calls, out string problem)
    {
        var parsed = new List<TracedCall>();
        int number = 0;
        calls = null;
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (line.Length > LineLimit || line.ContainsAnyInRange('\0', '\b'))
            {
                problem = $"line {number}: not text of a trace";
                return false;
            }

            int at = line.IndexOf(Call, StringComparison.Ordinal);
            if (at < 0)
            {
                continue;
            }

            if (!TryParseCall(line[(at + Call.Length)..], number, out TracedCall? call))
            {
                problem = $"line {number}: expected ioctl(FD, REQUEST, ARGUMENT) = RESULT";
                return false;
            }

            parsed.Add(call);
        }

        TracedCall? opaque = parsed.Find(call => HasStructure(call) && call.Fields.Count == 0);
        problem = parsed.Count == 0 ? $"line {number}: the trace has no ioctl"
            : opaque is not null && !parsed.Exists(call => HasStructure(call) && call.Fields.Count > 0)
                ? $"line {opaque.Line}: {opaque.Request} shows an address, not what is there, and so do all: nothing can be checked; record with tools/kvm-trace"
                : string.Empty;
        calls = parsed;
        return problem.Length == 0;
    }

    /// <summary>Whether what the call does is in a structure that its argument points to.</summary>
    private static bool HasStructure(TracedCall call) => call.Request is "KVM_SET_DEVICE_ATTR" or "KVM_SET_ONE_REG";

    private static bool TryParseCall(ReadOnlySpan<char> rest, int line, [NotNullWhen(true)] out TracedCall? call)
    {
        call = null;
        int end = rest.LastIndexOf(") = ", StringComparison.Ordinal);
        int first = rest.IndexOf(',');
        if (end < 0 || first < 0 || first > end || !TryNumber(UpTo(rest[..first], '<'), out ulong descriptor) || descriptor > int.MaxValue)
        {
            return false;
        }

        ReadOnlySpan<char> result = UpTo(UpTo(rest[(end + 4)..].Trim(), ' '), '<');
        bool failed = result.StartsWith("-", StringComparison.Ordinal);
        if (!TryNumber(failed ? result[1..] : result, out ulong magnitude) || magnitude > int.MaxValue)
        {
            return false;
        }

        ReadOnlySpan<char> arguments = rest[(first + 1)..end].Trim();
        int requestEnd = RequestEnd(arguments);
        string request = KvmRequests.NameOf(arguments[..requestEnd].Trim());
        ReadOnlySpan<char> argument = arguments[requestEnd..].TrimStart(',').Trim();
        var fields = new Dictionary<string, ulong>(StringComparer.Ordinal);
        ulong? plain = null;
        if (argument is ['{', .. var inside, '}'])
        {
            ReadFields(inside, fields);
        }
        else if (TryNumber(argument, out ulong value))
        {
            plain = value;
        }

        call = new TracedCall(line, (int)descriptor, request, plain, fields, failed ? -(long)magnitude : (long)magnitude);
        return true;
    }

    /// <summary>Where the request ends: at a comma, but not at one in brackets, as in <c>_IOC(_IOC_WRITE, 0xae, 0xb5, 0x10)</c>.</summary>
    private static int RequestEnd(ReadOnlySpan<char> arguments)
    {
        int depth = 0;
        for (int i = 0; i < arguments.Length; i++)
        {
            depth += arguments[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (arguments[i] == ',' && depth == 0)
            {
                return i;
            }
        }

        return arguments.Length;
    }

    /// <summary>Fields name=number and name=[number]; others are passed over.</summary>
    private static void ReadFields(ReadOnlySpan<char> inside, Dictionary<string, ulong> fields)
    {
        foreach (Range range in inside.Split(','))
        {
            ReadOnlySpan<char> field = inside[range].Trim();
            int equals = field.IndexOf('=');
            if (equals > 0 && TryNumber(field[(equals + 1)..].Trim("[]"), out ulong value))
            {
                fields[field[..equals].ToString()] = value;
            }
        }
    }

    private static ReadOnlySpan<char> UpTo(ReadOnlySpan<char> text, char mark)
    {
        int at = text.IndexOf(mark);
        return at < 0 ? text : text[..at];
    }

    internal static bool TryNumber(ReadOnlySpan<char> text, out ulong value)
    {
        text = text.Trim();
        return text.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
