using System.Runtime.InteropServices;

namespace Orrery.Posix;

/// <summary>A system call that waits for an answer (<c>struct seccomp_notif</c>).</summary>
/// <param name="Id">Names the request in the answer.</param>
/// <param name="ThreadId">Who makes the call.</param>
/// <param name="Call">The call's number (<see cref="SystemCall"/>).</param>
/// <param name="First">Its first argument.</param>
/// <param name="Second">Its second argument.</param>
/// <param name="Third">Its third argument.</param>
public readonly record struct SeccompRequest(ulong Id, int ThreadId, int Call, ulong First, ulong Second, ulong Third);

/// <summary>
/// Where the calls arrive that a <see cref="SeccompFilter"/> puts to its supervisor (seccomp_unotify(2)). While a call
/// waits, its process is stopped: whoever serves the listener must never wait for it.
/// </summary>
/// <param name="descriptor">The listener's descriptor, which is owned from now on.</param>
public sealed unsafe class SeccompListener(FileDescriptor descriptor) : IDisposable
{
    private const nuint Receive = 0xc0502100;
    private const nuint Send = 0xc0182101;
    private const nuint IsValid = 0x40082102;
    private const uint ContinueFlag = 1;

    /// <summary>Readable when a call waits.</summary>
    public FileDescriptor Descriptor => descriptor;

    /// <summary>Takes the next waiting call.</summary>
    /// <param name="request">The call.</param>
    /// <returns>0; -<see cref="Errno.ENOENT"/> when the caller has gone; or another negated <see cref="Errno"/>.</returns>
    public int TryReceive(out SeccompRequest request)
    {
        var notification = default(Notification);
        int result = Libc.Result(Libc.ioctl(descriptor.Number, Receive, &notification));
        request = new SeccompRequest(
            notification.Id,
            notification.ThreadId,
            notification.Call,
            notification.First,
            notification.Second,
            notification.Third);
        return result;
    }

    /// <summary>Makes the call return <paramref name="value"/> without being executed.</summary>
    /// <returns>0; -<see cref="Errno.ENOENT"/> when the call was cancelled (it may come again); or another error.</returns>
    public int Answer(ulong id, long value) => Respond(new Response { Id = id, Value = value });

    /// <summary>Makes the call fail with <paramref name="error"/>.</summary>
    /// <returns>As <see cref="Answer"/>.</returns>
    public int Fail(ulong id, int error) => Respond(new Response { Id = id, Error = -error });

    /// <summary>Lets the call be executed.</summary>
    /// <returns>As <see cref="Answer"/>.</returns>
    public int Continue(ulong id) => Respond(new Response { Id = id, Flags = ContinueFlag });

    /// <summary>Writes to the caller's memory, provided that the call still waits (its thread id is still its own).</summary>
    /// <returns>0, or a negated <see cref="Errno"/>.</returns>
    public int WriteMemory(in SeccompRequest request, ulong address, ReadOnlySpan<byte> data)
    {
        ulong id = request.Id;
        int result = Libc.Result(Libc.ioctl(descriptor.Number, IsValid, &id));
        if (result < 0)
        {
            return result;
        }

        fixed (byte* start = data)
        {
            var local = new Libc.IoVector { Base = start, Length = (nuint)data.Length };
            var remote = new Libc.IoVector { Base = (void*)address, Length = (nuint)data.Length };
            result = Libc.Result(Libc.process_vm_writev(request.ThreadId, &local, 1, &remote, 1, 0));
        }

        return result == data.Length ? 0 : result < 0 ? result : -Errno.EFAULT;
    }

    /// <inheritdoc/>
    public void Dispose() => descriptor.Dispose();

    private int Respond(Response response) => Libc.Result(Libc.ioctl(descriptor.Number, Send, &response));

    [StructLayout(LayoutKind.Sequential, Size = 80)]
    private struct Notification
    {
        internal ulong Id;
        internal int ThreadId;
        internal uint Flags;
        internal int Call;
        internal uint Architecture;
        internal ulong InstructionPointer;
        internal ulong First;
        internal ulong Second;
        internal ulong Third;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Response
    {
        internal ulong Id;
        internal long Value;
        internal int Error;
        internal uint Flags;
    }
}
