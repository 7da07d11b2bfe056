using Orrery.Posix;

namespace Orrery.Lab.Guests;

/// <summary>One guest as the <see cref="GuestMonitor"/> sees it: two pipes to empty and an end to notice.</summary>
internal sealed class GuestWatch : IReadinessHandler, IDisposable
{
    private readonly ChildProcess _process;
    private readonly IGuestObserver? _observer;
    private readonly Action<ExitStatus> _ended;
    private readonly Stream _console;
    private readonly Stream _errors;
    private Reactor? _reactor;
    private int _token;

    /// <param name="process">The guest's kernel process.</param>
    /// <param name="console">Where its console output arrives.</param>
    /// <param name="errors">Where its errors arrive.</param>
    /// <param name="options">Logs and observer.</param>
    /// <param name="ended">Called once, after the last byte.</param>
    internal GuestWatch(
        ChildProcess process,
        FileDescriptor console,
        FileDescriptor errors,
        LinuxGuestOptions options,
        Action<ExitStatus> ended)
    {
        _process = process;
        _observer = options.Observer;
        _ended = ended;
        _console = new Stream(this, console, new BoundedLog(options.ConsoleLog, options.LogBytesMax), isConsole: true);
        _errors = new Stream(this, errors, new BoundedLog(options.ErrorLog, options.LogBytesMax), isConsole: false);
    }

    /// <summary>The process has ended: takes what is left in the pipes, then says so.</summary>
    public void OnReadable()
    {
        if (_process.TryReap() is not { } status)
        {
            return;
        }

        _reactor!.Remove(_token);
        _console.Close();
        _errors.Close();
        Dispose();
        _observer?.OnExit(status);
        _ended(status);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _console.Dispose();
        _errors.Dispose();
    }

    /// <summary>Begins to watch, on the monitor's thread.</summary>
    internal void Attach(Reactor reactor, byte[] buffer)
    {
        _reactor = reactor;
        _console.Attach(reactor, buffer);
        _errors.Attach(reactor, buffer);
        _token = reactor.Add(_process.Exited, this, urgency: 1);
    }

    /// <summary>One pipe.</summary>
    private sealed class Stream(GuestWatch watch, FileDescriptor pipe, BoundedLog log, bool isConsole)
        : IReadinessHandler, IDisposable
    {
        private byte[] _buffer = [];
        private int _token = -1;

        public void OnReadable()
        {
            if (!TakeOnce())
            {
                Close();
            }
        }

        public void Dispose()
        {
            pipe.Dispose();
            log.Dispose();
        }

        internal void Attach(Reactor reactor, byte[] buffer)
        {
            pipe.SetBlocking(false);
            _buffer = buffer;
            _token = reactor.Add(pipe, this, urgency: 0);
        }

        /// <summary>Takes what is there and stops looking.</summary>
        internal void Close()
        {
            if (_token < 0)
            {
                return;
            }

            while (TakeOnce())
            {
            }

            watch._reactor!.Remove(_token);
            _token = -1;
        }

        private bool TakeOnce()
        {
            int count = pipe.Read(_buffer);
            if (count <= 0)
            {
                return false;
            }

            ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, count);
            log.Write(bytes);
            if (isConsole)
            {
                watch._observer?.OnConsole(bytes);
            }
            else
            {
                watch._observer?.OnErrors(bytes);
            }

            return true;
        }
    }
}
