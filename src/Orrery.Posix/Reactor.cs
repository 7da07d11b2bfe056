using System.Diagnostics;

namespace Orrery.Posix;

/// <summary>Told when a descriptor of a <see cref="Reactor"/> has something to read or its other end is gone.</summary>
public interface IReadinessHandler
{
    /// <summary>Reads what is there. May add and remove descriptors and may run the reactor again.</summary>
    void OnReadable();
}

/// <summary>
/// The descriptors that one thread serves while it waits for an answer (epoll(7), level-triggered). Each call serves one
/// descriptor, the most urgent of those that are ready: whoever waits can look at its condition after each, and a handler
/// may itself wait by running the reactor again.
/// </summary>
public sealed unsafe class Reactor : IDisposable
{
    private const int ReadyMax = 16;

    private readonly FileDescriptor _epoll = new(
        PosixException.ThrowIfFailed(Libc.Result(Libc.epoll_create1(Libc.EPOLL_CLOEXEC)), "epoll_create1"));

    // A slot's generation is part of what the kernel hands back, so that news about a removed descriptor reaches nobody.
    private Slot[] _slots = new Slot[8];
    private int _used;

    private struct Slot
    {
        internal IReadinessHandler? Handler;
        internal int Descriptor;
        internal int Urgency;
        internal uint Generation;
    }

    /// <summary>How many descriptors are served.</summary>
    public int Count { get; private set; }

    /// <summary>Serves <paramref name="descriptor"/> from now on.</summary>
    /// <param name="descriptor">An open descriptor that can be waited for; it must be removed before it is closed.</param>
    /// <param name="handler">Who is told.</param>
    /// <param name="urgency">Lower is served first when several are ready.</param>
    /// <returns>A token for <see cref="Remove"/>.</returns>
    /// <exception cref="IOException">The descriptor cannot be waited for, or the system has no room left.</exception>
    public int Add(FileDescriptor descriptor, IReadinessHandler handler, int urgency)
    {
        int index = 0;
        while (index < _used && _slots[index].Handler is not null)
        {
            index++;
        }

        if (index == _slots.Length)
        {
            Array.Resize(ref _slots, _slots.Length * 2);
        }

        _used = Math.Max(_used, index + 1);
        ref Slot slot = ref _slots[index];
        slot.Generation++;
        byte* record = stackalloc byte[EpollRecord.Bytes];
        EpollRecord.Write(record, Libc.EPOLLIN, ((ulong)slot.Generation << 32) | (uint)index);
        PosixException.ThrowIfFailed(
            Libc.Result(Libc.epoll_ctl(_epoll.Number, Libc.EPOLL_CTL_ADD, descriptor.Number, record)), "epoll_ctl");
        slot.Handler = handler;
        slot.Descriptor = descriptor.Number;
        slot.Urgency = urgency;
        Count++;
        return index;
    }

    /// <summary>Stops serving what <see cref="Add"/> returned <paramref name="token"/> for. Before the descriptor is closed.</summary>
    public void Remove(int token)
    {
        ref Slot slot = ref _slots[token];
        Debug.Assert(slot.Handler is not null, "removed twice");
        byte* ignored = stackalloc byte[EpollRecord.Bytes];
        _ = Libc.epoll_ctl(_epoll.Number, Libc.EPOLL_CTL_DEL, slot.Descriptor, ignored);
        slot.Handler = null;
        slot.Generation++;
        Count--;
    }

    /// <summary>Waits until a descriptor is ready and serves the most urgent one.</summary>
    /// <param name="timeoutMilliseconds">Wall-clock limit; 0 does not wait.</param>
    /// <returns>True when one was served; false when the limit passed.</returns>
    public bool RunOnce(int timeoutMilliseconds)
    {
        byte* records = stackalloc byte[EpollRecord.Bytes * ReadyMax];
        int ready = Libc.Result(Libc.epoll_wait(_epoll.Number, records, ReadyMax, timeoutMilliseconds));
        IReadinessHandler? chosen = null;
        int urgency = int.MaxValue;
        for (int i = 0; i < ready; i++)
        {
            ulong data = EpollRecord.Data(records + (i * EpollRecord.Bytes));
            ref Slot slot = ref _slots[(int)(uint)data];
            if (slot.Generation == (uint)(data >> 32) && slot.Handler is not null && slot.Urgency < urgency)
            {
                chosen = slot.Handler;
                urgency = slot.Urgency;
            }
        }

        if (chosen is not null)
        {
            chosen.OnReadable();
            return true;
        }

        return ready == -Errno.EINTR;
    }

    /// <inheritdoc/>
    public void Dispose() => _epoll.Dispose();

    /// <summary>epoll's record: 12 bytes, packed, on x86-64; 16 bytes with padding elsewhere (epoll_ctl(2)).</summary>
    private static class EpollRecord
    {
        private static readonly int DataOffset =
            System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture
            == System.Runtime.InteropServices.Architecture.X64 ? 4 : 8;

        internal static readonly int Bytes = DataOffset + 8;

        internal static void Write(byte* record, uint events, ulong data)
        {
            *(uint*)record = events;
            *(ulong*)(record + DataOffset) = data;
        }

        internal static ulong Data(byte* record) => *(ulong*)(record + DataOffset);
    }
}
