using System.Runtime.InteropServices;

namespace Orrery.Posix;

/// <summary>
/// Error numbers of Linux (<c>asm-generic/errno.h</c>) that the code tells apart. Calls of this library return
/// a count or descriptor when they succeed and the negated error number when they fail; nothing throws.
/// </summary>
public static class Errno
{
    /// <summary>No such file or directory; for a seccomp notification: the request is gone.</summary>
    public const int ENOENT = 2;

    /// <summary>Interrupted by a signal.</summary>
    public const int EINTR = 4;

    /// <summary>Bad file descriptor.</summary>
    public const int EBADF = 9;

    /// <summary>No such child process.</summary>
    public const int ECHILD = 10;

    /// <summary>Would block, or a time limit of the socket has passed.</summary>
    public const int EAGAIN = 11;

    /// <summary>An address that is not the process's.</summary>
    public const int EFAULT = 14;

    /// <summary>Invalid argument.</summary>
    public const int EINVAL = 22;

    /// <summary>The other end is closed.</summary>
    public const int EPIPE = 32;

    /// <summary>A name is too long, here: a socket path of 108 bytes or more.</summary>
    public const int ENAMETOOLONG = 36;

    /// <summary>No such system call.</summary>
    public const int ENOSYS = 38;

    /// <summary>A message breaks the framing it is declared in.</summary>
    public const int EPROTO = 71;

    /// <summary>The other end reset the connection.</summary>
    public const int ECONNRESET = 104;

    /// <summary>True when <paramref name="result"/> says that the other end is gone.</summary>
    /// <param name="result">What a call returned; 0 counts as end of file.</param>
    public static bool IsDisconnect(int result) => result is 0 or -EPIPE or -ECONNRESET;

    /// <summary>The system's text for the error number <paramref name="error"/> (positive or negated).</summary>
    public static string Describe(int error) => Marshal.GetPInvokeErrorMessage(Math.Abs(error));
}
