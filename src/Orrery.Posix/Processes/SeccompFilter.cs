using System.Runtime.InteropServices;

namespace Orrery.Posix;

/// <summary>
/// A system call filter of a thread and everything it starts (seccomp(2)): some calls are put to a supervisor, some fail
/// when they come from high addresses, all others pass. It cannot be removed: a thread with one is used for nothing else.
/// Whatever passes by its number alone costs next to nothing: Linux (5.11) remembers it and does not run the filter again.
/// </summary>
public static unsafe class SeccompFilter
{
    private const uint Allow = 0x7fff0000;
    private const uint Notify = 0x7fc00000;
    private const uint Fail = 0x00050000;

    // struct seccomp_data
    private const uint NumberOffset = 0;
    private const uint ArchitectureOffset = 4;
    private const uint PointerOffset = 8;

    // A classic BPF instruction: code, distances of the two jumps, operand (linux/filter.h).
    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfAtLeast = 0x35;
    private const ushort Return = 0x06;

    /// <summary>Puts a filter on the calling thread, which can gain no privileges from then on.</summary>
    /// <param name="notified">Numbers of the calls that wait for an answer of the listener.</param>
    /// <param name="failing">Numbers of the calls that fail when made by instructions at or above <paramref name="failFrom"/>.</param>
    /// <param name="failFrom">The address.</param>
    /// <param name="failWith">The error number they fail with.</param>
    /// <param name="error">0, or the negated <see cref="Errno"/>: the host lacks or forbids seccomp user notification.</param>
    /// <returns>Where the notified calls arrive, or null.</returns>
    public static SeccompListener? Install(
        ReadOnlySpan<int> notified, ReadOnlySpan<int> failing, ulong failFrom, int failWith, out int error)
    {
        Instruction[] program = Compile(notified, failing, failFrom, failWith);
        error = Libc.Result(Libc.prctl(Libc.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
        if (error < 0)
        {
            return null;
        }

        // Without SPEC_ALLOW older hosts slow the thread down; WAIT_KILLABLE_RECV (Linux 5.19) keeps signals from
        // cancelling a call that is being answered.
        const nint setFilter = 1, specAllow = 4, newListener = 8, waitKillable = 32;
        fixed (Instruction* instructions = program)
        {
            var filter = new Libc.FilterProgram { Length = (ushort)program.Length, Instructions = instructions };
            error = Libc.Result(Libc.syscall(
                SystemCall.Seccomp, setFilter, specAllow | newListener | waitKillable, &filter, 0));
            if (error == -Errno.EINVAL)
            {
                error = Libc.Result(Libc.syscall(SystemCall.Seccomp, setFilter, specAllow | newListener, &filter, 0));
            }
        }

        if (error < 0)
        {
            return null;
        }

        var listener = new SeccompListener(new FileDescriptor(error));
        error = 0;
        return listener;
    }

    private static Instruction[] Compile(
        ReadOnlySpan<int> notified, ReadOnlySpan<int> failing, ulong failFrom, int failWith)
    {
        uint native = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 0xc000003eu : 0xc00000b7u;
        uint high = (uint)(failFrom >> 32), low = (uint)failFrom;
        var program = new List<Instruction>
        {
            new(LoadWord, ArchitectureOffset),
            new(JumpIfEqual, native, OnTrue: 1),
            new(Return, Allow),
            new(LoadWord, NumberOffset),
        };
        foreach (int call in notified)
        {
            program.Add(new(JumpIfEqual, (uint)call, OnFalse: 1));
            program.Add(new(Return, Notify));
        }

        for (int i = 0; i < failing.Length; i++)
        {
            program.Add(new(JumpIfEqual, (uint)failing[i], OnTrue: (byte)(failing.Length - i))); // over the others and the return
        }

        program.Add(new(Return, Allow));
        program.Add(new(LoadWord, PointerOffset + 4));
        program.Add(new(JumpIfEqual, high, OnTrue: 1));
        program.Add(new(JumpIfAtLeast, high, OnTrue: 2, OnFalse: 3)); // a higher half decides alone
        program.Add(new(LoadWord, PointerOffset));
        program.Add(new(JumpIfAtLeast, low, OnFalse: 1));
        program.Add(new(Return, Fail | (uint)failWith));
        program.Add(new(Return, Allow));
        return [.. program];
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Instruction(ushort Code, byte OnTrue, byte OnFalse, uint Operand)
    {
        internal Instruction(int code, uint Operand, byte OnTrue = 0, byte OnFalse = 0)
            : this((ushort)code, OnTrue, OnFalse, Operand)
        {
        }
    }
}
