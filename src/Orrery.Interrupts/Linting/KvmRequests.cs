namespace Orrery.Interrupts.Linting;

/// <summary>The ioctl requests of KVM that restores are made of (Linux include/uapi/linux/kvm.h), as traces may write them.</summary>
internal static class KvmRequests
{
    private const string Composed = "_IOC(";

    private static readonly Dictionary<ulong, string> s_names = new()
    {
        [0xAE01] = "KVM_CREATE_VM",
        [0xAE41] = "KVM_CREATE_VCPU",
        [0xAE80] = "KVM_RUN",
        [0x4008_AE61] = "KVM_IRQ_LINE",
        [0x4010_AEAC] = "KVM_SET_ONE_REG",
        [0x4010_AEB5] = "KVM_ARM_SET_COUNTER_OFFSET",
        [0x4018_AEE1] = "KVM_SET_DEVICE_ATTR",
        [0xC00C_AEE0] = "KVM_CREATE_DEVICE",
    };

    /// <summary>
    /// The name of a request that is written as a name, as a number (with or without its name in a comment), or composed:
    /// <c>_IOC(_IOC_WRITE, 0xae, 0xb5, 0x10)</c>. What is none of them keeps its text.
    /// </summary>
    public static string NameOf(ReadOnlySpan<char> text)
    {
        int comment = text.IndexOf("/*", StringComparison.Ordinal);
        ReadOnlySpan<char> code = comment < 0 ? text : text[..comment].Trim();
        return (IoctlTrace.TryNumber(code, out ulong number) || TryCompose(code, out number)) && s_names.TryGetValue(number, out string? name)
            ? name
            : code.ToString();
    }

    /// <summary>[31:30] direction, [29:16] size, [15:8] type, [7:0] number.</summary>
    private static bool TryCompose(ReadOnlySpan<char> code, out ulong number)
    {
        number = 0;
        if (!code.StartsWith(Composed, StringComparison.Ordinal) || code is not [.., ')'])
        {
            return false;
        }

        string[] parts = code[Composed.Length..^1].ToString().Split(',', StringSplitOptions.TrimEntries);
        if (parts.Length != 4 || !IoctlTrace.TryNumber(parts[1], out ulong type) || !IoctlTrace.TryNumber(parts[2], out ulong ordinal)
            || !IoctlTrace.TryNumber(parts[3], out ulong size))
        {
            return false;
        }

        ulong direction = (parts[0].Contains("_IOC_WRITE", StringComparison.Ordinal) ? 1UL : 0)
            | (parts[0].Contains("_IOC_READ", StringComparison.Ordinal) ? 2UL : 0);
        number = direction << 30 | size << 16 | type << 8 | ordinal;
        return true;
    }
}
