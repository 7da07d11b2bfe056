using System.Runtime.InteropServices;

namespace Orrery.Posix;

/// <summary>The calls that start, watch and answer processes.</summary>
internal static unsafe partial class Libc
{
    internal const int PR_SET_NO_NEW_PRIVS = 38;

    internal const int SIGKILL = 9;

    internal const int P_PID = 1;
    internal const int WNOHANG = 1;
    internal const int WEXITED = 4;

    internal const short POSIX_SPAWN_SETPGROUP = 0x02;
    internal const short POSIX_SPAWN_SETSIGDEF = 0x04;
    internal const short POSIX_SPAWN_SETSIGMASK = 0x08;

    internal const int F_DUPFD_CLOEXEC = 1030;
    internal const int O_RDWR = 2;

    /// <summary>Room for libc's opaque <c>posix_spawn_file_actions_t</c> (80 bytes) and <c>posix_spawnattr_t</c> (336 bytes).</summary>
    internal const int SpawnStateBytes = 512;

    /// <summary>Bytes of libc's <c>sigset_t</c>.</summary>
    internal const int SignalSetBytes = 128;

    /// <summary>The head of <c>siginfo_t</c> as waitid(2) fills it; the whole is 128 bytes.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    internal struct SignalInformation
    {
        internal int Signal;
        internal int Error;
        internal int Code;
        internal int Padding;
        internal int ProcessId;
        internal uint UserId;
        internal int Status;
    }

    /// <summary>seccomp(2)'s filter program: a count and a pointer to 8-byte instructions.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct FilterProgram
    {
        internal ushort Length;
        internal void* Instructions;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct ResourceLimit
    {
        internal ulong Soft;
        internal ulong Hard;
    }

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint syscall(nint number, nint first, nint second, void* third, nint fourth);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int prctl(int option, nuint first, nuint second, nuint third, nuint fourth);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ioctl(int fd, nuint request, void* argument);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint process_vm_writev(
        int process, IoVector* local, nuint localCount, IoVector* remote, nuint remoteCount, nuint flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int prlimit(int process, int resource, ResourceLimit* wanted, ResourceLimit* previous);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int waitid(int kind, int id, SignalInformation* information, int options);

    [LibraryImport(Library)]
    internal static partial int gettid();

    // posix_spawn and its helpers return the error number; they do not set errno.
    [LibraryImport(Library)]
    internal static partial int posix_spawn(
        int* process, byte* path, void* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_init(void* actions);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_destroy(void* actions);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_adddup2(void* actions, int from, int to);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_addclosefrom_np(void* actions, int from);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int posix_spawn_file_actions_addchdir_np(void* actions, string path);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_init(void* attributes);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_destroy(void* attributes);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setflags(void* attributes, short flags);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setsigdefault(void* attributes, void* signals);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setsigmask(void* attributes, void* signals);

    [LibraryImport(Library)]
    internal static partial int sigfillset(void* signals);
}
