using System.Runtime.InteropServices;

namespace Orrery.Posix;

/// <summary>Numbers of system calls, on x86-64 (<c>asm/unistd_64.h</c>) and arm64 (<c>asm-generic/unistd.h</c>).</summary>
public static class SystemCall
{
    private static readonly bool IsX64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>brk(2).</summary>
    public static int Brk => IsX64 ? 12 : 214;

    /// <summary>uname(2).</summary>
    public static int Uname => IsX64 ? 63 : 160;

    /// <summary>getrandom(2).</summary>
    public static int GetRandom => IsX64 ? 318 : 278;

    /// <summary>The calls that the vsyscall page of x86-64 offers: gettimeofday(2), time(2) and getcpu(2).</summary>
    public static ReadOnlySpan<int> VsyscallPage => IsX64 ? [96, 201, 309] : [];

    internal static int Seccomp => IsX64 ? 317 : 277;

    internal static int PidfdSendSignal => 424;

    internal static int PidfdOpen => 434;
}
