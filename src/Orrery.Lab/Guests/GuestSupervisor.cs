using System.Collections.Concurrent;
using System.Text;
using Orrery.Posix;

namespace Orrery.Lab.Guests;

/// <summary>
/// Answers the system calls by which a guest kernel would take something from its host: random bytes come from the lab's
/// seed, the program break does not depend on address randomization, the host has no name. See docs/guests.md.
/// </summary>
/// <remarks>A guest that waits for an answer may hold its calendar's turn, so that nothing here waits.</remarks>
internal sealed class GuestSupervisor : IReadinessHandler, IDisposable
{
    /// <summary>Where calls through the vsyscall page are made: they would give the host's time.</summary>
    internal const ulong VsyscallPage = 0xffffffffff600000;

    private const int AnswerBytesMax = 4096;

    // libc asks with flags set (GRND_NONBLOCK), the guest kernel without: libc's calls must not shift the stream.
    private const byte LibraryFill = 0x5a;

    private static readonly byte[] HostIdentity = CreateHostIdentity();

    private readonly ConcurrentDictionary<int, Subject> _subjects = new();
    private readonly Reactor _reactor = new();
    private readonly FileDescriptor _stop = FileDescriptor.CreateEvent();
    private readonly Thread _thread;
    private readonly int _starterThreadId;
    private SeccompListener? _listener;
    private volatile bool _stopping;

    /// <summary>Made before there is a listener: see <see cref="Attach"/>.</summary>
    /// <param name="starterThreadId">The thread that starts guests: it wears their filter, and its own calls pass.</param>
    internal GuestSupervisor(int starterThreadId)
    {
        _starterThreadId = starterThreadId;
        _reactor.Add(_stop, new StopHandler(this), urgency: 0);
        _thread = new Thread(Serve) { IsBackground = true, Name = "guest supervisor" };
        _thread.Start();
    }

    /// <summary>The calls that a guest's filter has to put to this supervisor.</summary>
    internal static int[] SupervisedCalls { get; } = [SystemCall.GetRandom, SystemCall.Brk, SystemCall.Uname];

    /// <summary>Held while a guest is started, so that its first call finds it registered.</summary>
    internal Lock Starting { get; } = new();

    /// <summary>
    /// Begins to answer. The caller wears the filter already and would wait for ever for an answer to a call of its own:
    /// so this is an assignment and nothing else.
    /// </summary>
    internal void Attach(SeccompListener listener) => Volatile.Write(ref _listener, listener);

    /// <summary>Answers the calls of process <paramref name="id"/> from now on.</summary>
    internal void Register(int id, EntropyStream entropy, ulong imageEnd) => _subjects[id] = new Subject(entropy, imageEnd);

    /// <summary>Forgets a process that has ended.</summary>
    internal void Unregister(int id) => _subjects.TryRemove(id, out _);

    /// <inheritdoc/>
    public void OnReadable()
    {
        SeccompListener listener = _listener!;
        if (listener.TryReceive(out SeccompRequest request) < 0)
        {
            Thread.Sleep(1); // the caller was killed before it got here: the listener stays readable until it has gone
            return;
        }

        if (request.ThreadId == _starterThreadId || Find(request.ThreadId) is not { } subject)
        {
            listener.Continue(request.Id);
        }
        else if (request.Call == SystemCall.GetRandom)
        {
            AnswerGetRandom(listener, request, subject.Entropy);
        }
        else if (request.Call == SystemCall.Brk)
        {
            listener.Answer(request.Id, (long)subject.ImageEnd);
        }
        else
        {
            AnswerInMemory(listener, request, HostIdentity, result: 0);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping = true;
        _stop.Write(BitConverter.GetBytes(1UL));
        _thread.Join();
        _reactor.Dispose();
        _stop.Dispose();
        _listener?.Dispose();
    }

    private void Serve()
    {
        SpinWait.SpinUntil(() => _stopping || Volatile.Read(ref _listener) is not null);
        if (_listener is not null)
        {
            _reactor.Add(_listener.Descriptor, this, urgency: 1);
        }

        while (!_stopping)
        {
            _reactor.RunOnce(Timeout.Infinite);
        }
    }

    private Subject? Find(int threadId)
    {
        if (_subjects.TryGetValue(threadId, out Subject? subject))
        {
            return subject;
        }

        // A guest that is just being started: its number is known as soon as the starter lets go.
        lock (Starting)
        {
            return _subjects.GetValueOrDefault(threadId);
        }
    }

    private static void AnswerGetRandom(SeccompListener listener, in SeccompRequest request, EntropyStream entropy)
    {
        Span<byte> buffer = stackalloc byte[AnswerBytesMax];
        Span<byte> answer = buffer[..(int)Math.Min(request.Second, AnswerBytesMax)];
        bool fromLibrary = request.Third != 0;
        if (fromLibrary)
        {
            answer.Fill(LibraryFill);
        }
        else
        {
            entropy.Fill(answer);
        }

        // A signal can cancel the call before it has its answer; it then comes again and must get the same bytes.
        if (AnswerInMemory(listener, request, answer, answer.Length) && !fromLibrary)
        {
            entropy.Advance();
        }
    }

    /// <summary>Writes <paramref name="data"/> to where the call's first argument points, and lets it return.</summary>
    private static bool AnswerInMemory(
        SeccompListener listener, in SeccompRequest request, ReadOnlySpan<byte> data, int result)
    {
        if (listener.WriteMemory(request, request.First, data) == 0)
        {
            return listener.Answer(request.Id, result) == 0;
        }

        listener.Fail(request.Id, Errno.EFAULT);
        return false;
    }

    /// <summary>struct utsname: six fields of 65 bytes.</summary>
    private static byte[] CreateHostIdentity()
    {
        const int fieldBytes = 65, fieldCount = 6;
        string[] fields = ["Linux", "orrery", "1", "1", "x86_64"];
        var identity = new byte[fieldBytes * fieldCount];
        for (int i = 0; i < fields.Length; i++)
        {
            Encoding.ASCII.GetBytes(fields[i], identity.AsSpan(i * fieldBytes));
        }

        return identity;
    }

    /// <summary>A process whose calls are answered.</summary>
    private sealed record Subject(EntropyStream Entropy, ulong ImageEnd);

    /// <summary>Ends a wait: the condition is looked at after each event.</summary>
    private sealed class StopHandler(GuestSupervisor supervisor) : IReadinessHandler
    {
        public void OnReadable() => supervisor._stop.Read(stackalloc byte[sizeof(ulong)]);
    }
}
