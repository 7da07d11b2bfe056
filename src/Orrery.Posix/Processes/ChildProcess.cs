using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Orrery.Posix;

/// <summary>
/// A process that this one started and reaps. Started from the calling thread, whose system call filter it inherits, and
/// with all signals at their default and none blocked.
/// </summary>
/// <remarks>
/// The base library's <c>Process</c> can neither place descriptors above 2, nor keep a child from inheriting what this
/// process was itself started with, nor be waited for in a <see cref="Reactor"/>.
/// </remarks>
public sealed unsafe class ChildProcess : IDisposable
{
    private readonly FileDescriptor _exited;
    private readonly bool _ownGroup;
    private bool _reaped;

    private ChildProcess(int id, FileDescriptor exited, bool ownGroup)
    {
        Id = id;
        _exited = exited;
        _ownGroup = ownGroup;
    }

    /// <summary>The process id, also after the end.</summary>
    public int Id { get; }

    /// <summary>Becomes readable when the process has ended (pidfd_open(2)).</summary>
    public FileDescriptor Exited => _exited;

    /// <summary>Starts a process.</summary>
    /// <param name="options">What it is given.</param>
    /// <param name="error">0, or the negated <see cref="Errno"/> of what failed: most often the program's file.</param>
    /// <returns>The process, or null.</returns>
    public static ChildProcess? Start(SpawnOptions options, out int error)
    {
        int id = Spawn(options, out error);
        if (id == 0)
        {
            return null;
        }

        int watch = Libc.Result(Libc.syscall(SystemCall.PidfdOpen, id, 0, null, 0));
        if (watch >= 0)
        {
            return new ChildProcess(id, new FileDescriptor(watch), options.OwnGroup);
        }

        // Without a descriptor to watch, nobody would ever learn of its end.
        _ = Libc.kill(id, Libc.SIGKILL);
        Libc.SignalInformation ignored;
        _ = Libc.waitid(Libc.P_PID, id, &ignored, Libc.WEXITED);
        error = watch;
        return null;
    }

    /// <summary>Ends the process. Does nothing when it has ended already.</summary>
    public void Kill() => Signal(_exited, Libc.SIGKILL);

    /// <summary>Ends the process and all it has started, if it was given a group of its own and is not reaped yet.</summary>
    public void KillGroup()
    {
        if (_ownGroup && !_reaped)
        {
            _ = Libc.kill(-Id, Libc.SIGKILL);
        }
    }

    /// <summary>The status of a process that has ended, which is thereby reaped; null while it runs or once it was reaped.</summary>
    public ExitStatus? TryReap()
    {
        if (_reaped)
        {
            return null;
        }

        const int exitedNormally = 1; // CLD_EXITED
        var information = default(Libc.SignalInformation);
        int result;
        do
        {
            result = Libc.Result(Libc.waitid(Libc.P_PID, Id, &information, Libc.WEXITED | Libc.WNOHANG));
        }
        while (result == -Errno.EINTR);
        if (result == -Errno.ECHILD)
        {
            // The host reaps for us (SIGCHLD was ignored when this program was started): it has ended, nobody knows how.
            _reaped = true;
            return new ExitStatus(0, 0);
        }

        if (result < 0 || information.ProcessId == 0)
        {
            return null;
        }

        _reaped = true;
        return information.Code == exitedNormally
            ? new ExitStatus(information.Status, 0)
            : new ExitStatus(0, information.Status);
    }

    /// <summary>
    /// The processes that this one has started and that have not ended. They are told apart from later processes with the
    /// same number by descriptors, which the caller owns.
    /// </summary>
    public IReadOnlyList<FileDescriptor> OpenChildren()
    {
        var children = new List<FileDescriptor>();
        foreach (int child in ChildrenOf(Id, Id))
        {
            if (Libc.Result(Libc.syscall(SystemCall.PidfdOpen, child, 0, null, 0)) is >= 0 and int descriptor)
            {
                children.Add(new FileDescriptor(descriptor));
            }
        }

        return children;
    }

    /// <summary>The processes that a thread of a process has started and that have not ended; none once it has ended itself.</summary>
    internal static List<int> ChildrenOf(int id, int thread)
    {
        var children = new List<int>();
        try
        {
            string list = File.ReadAllText($"/proc/{id}/task/{thread}/children");
            foreach (Range word in list.AsSpan().Split(' '))
            {
                if (int.TryParse(list.AsSpan(word), NumberStyles.None, CultureInfo.InvariantCulture, out int child))
                {
                    children.Add(child);
                }
            }
        }
        catch (IOException)
        {
            // It has ended.
        }

        return children;
    }

    /// <summary>Ends the process behind a descriptor of <see cref="OpenChildren"/>.</summary>
    public static void Kill(FileDescriptor process) => Signal(process, Libc.SIGKILL);

    /// <summary>Sets both limits of a resource of the process (prlimit(2)).</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="limit">The limit, lowered to the current hard limit where that is lower.</param>
    /// <returns>0, or a negated <see cref="Errno"/>.</returns>
    public int SetLimit(ProcessResource resource, ulong limit)
    {
        Libc.ResourceLimit current;
        int result = Libc.Result(Libc.prlimit(Id, (int)resource, null, &current));
        if (result < 0)
        {
            return result;
        }

        limit = Math.Min(limit, current.Hard);
        var wanted = new Libc.ResourceLimit { Soft = limit, Hard = limit };
        return Libc.Result(Libc.prlimit(Id, (int)resource, &wanted, null));
    }

    /// <inheritdoc/>
    public void Dispose() => _exited.Dispose();

    private static void Signal(FileDescriptor process, int signal)
        => _ = Libc.syscall(SystemCall.PidfdSendSignal, process.Number, signal, null, 0);

    private static int Spawn(SpawnOptions options, out int error)
    {
        byte* actions = stackalloc byte[Libc.SpawnStateBytes];
        byte* attributes = stackalloc byte[Libc.SpawnStateBytes];
        byte* all = stackalloc byte[Libc.SignalSetBytes];
        byte* none = stackalloc byte[Libc.SignalSetBytes];
        new Span<byte>(none, Libc.SignalSetBytes).Clear();
        _ = Libc.sigfillset(all);
        _ = Libc.posix_spawnattr_init(attributes);
        _ = Libc.posix_spawnattr_setsigdefault(attributes, all);
        _ = Libc.posix_spawnattr_setsigmask(attributes, none);
        short group = options.OwnGroup ? Libc.POSIX_SPAWN_SETPGROUP : (short)0; // the group's number defaults to the process's
        _ = Libc.posix_spawnattr_setflags(
            attributes, (short)(Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK | group));
        _ = Libc.posix_spawn_file_actions_init(actions);
        var moved = new List<FileDescriptor>();
        try
        {
            error = AddActions(actions, options, moved);
            if (error != 0)
            {
                return 0;
            }

            using var arguments = new StringVector(options.Arguments);
            using var environment = new StringVector(options.Environment);
            int id = 0;
            fixed (byte* file = Encoding.UTF8.GetBytes(options.File + '\0'))
            {
                error = -Libc.posix_spawn(&id, file, actions, attributes, arguments.Pointer, environment.Pointer);
            }

            return error == 0 ? id : 0;
        }
        finally
        {
            moved.ForEach(descriptor => descriptor.Dispose());
            _ = Libc.posix_spawn_file_actions_destroy(actions);
            _ = Libc.posix_spawnattr_destroy(attributes);
        }
    }

    private static int AddActions(byte* actions, SpawnOptions options, List<FileDescriptor> moved)
    {
        int count = options.Descriptors.Count;
        for (int target = 0; target < count; target++)
        {
            // A source below the targets could be overwritten before its turn: work from a copy above them.
            FileDescriptor source = options.Descriptors[target];
            if (source.Number < count)
            {
                int copy = Libc.Result(Libc.fcntl(source.Number, Libc.F_DUPFD_CLOEXEC, count));
                if (copy < 0)
                {
                    return copy;
                }

                source = new FileDescriptor(copy);
                moved.Add(source);
            }

            _ = Libc.posix_spawn_file_actions_adddup2(actions, source.Number, target);
        }

        _ = Libc.posix_spawn_file_actions_addclosefrom_np(actions, count);
        return -Libc.posix_spawn_file_actions_addchdir_np(actions, options.WorkingDirectory);
    }

    /// <summary>A null-terminated vector of null-terminated strings, as execve(2) takes them.</summary>
    private sealed class StringVector : IDisposable
    {
        private readonly int _count;

        internal StringVector(IReadOnlyList<string> strings)
        {
            _count = strings.Count;
            Pointer = (byte**)NativeMemory.AllocZeroed((nuint)_count + 1, (nuint)sizeof(byte*));
            for (int i = 0; i < _count; i++)
            {
                Pointer[i] = (byte*)Marshal.StringToCoTaskMemUTF8(strings[i]);
            }
        }

        internal byte** Pointer { get; }

        public void Dispose()
        {
            for (int i = 0; i < _count; i++)
            {
                Marshal.FreeCoTaskMem((nint)Pointer[i]);
            }

            NativeMemory.Free(Pointer);
        }
    }
}

/// <summary>
/// A resource whose use a process can be limited in (getrlimit(2)). The stack is not one: a program that is still being
/// loaded takes its limit back from the start of execve(2).
/// </summary>
public enum ProcessResource
{
    /// <summary>Bytes of a core dump.</summary>
    Core = 4,
}
