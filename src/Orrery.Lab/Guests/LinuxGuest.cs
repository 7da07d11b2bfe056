using Orrery.Posix;

namespace Orrery.Lab.Guests;

/// <summary>
/// A Linux guest: prepared (its folder exists, so that its sockets can be bound), started, ended. Made by
/// <see cref="GuestLauncher.Prepare"/>, which also disposes of it.
/// </summary>
public sealed class LinuxGuest : IDisposable
{
    private readonly GuestLauncher _launcher;
    private readonly GuestKernel _kernel;
    private readonly ManualResetEventSlim _ended = new();
    private ChildProcess? _process;
    private FileDescriptor? _idleInput;
    private ExitStatus _status;

    internal LinuxGuest(GuestLauncher launcher, LinuxGuestOptions options, GuestKernel kernel, string folder)
    {
        _launcher = launcher;
        _kernel = kernel;
        Options = options;
        Folder = folder;
    }

    /// <summary>What it was prepared with.</summary>
    public LinuxGuestOptions Options { get; }

    /// <summary>Its directory on the host, the working directory of the kernel process.</summary>
    public string Folder { get; }

    /// <summary>The kernel's process id; 0 before the start.</summary>
    public int ProcessId => _process?.Id ?? 0;

    /// <summary>How it ended; null while it runs or was not started.</summary>
    public ExitStatus? Ended => _ended.IsSet ? _status : null;

    /// <summary>
    /// Where to listen for a socket that the guest will connect to: everything it needs must listen before the start.
    /// </summary>
    /// <param name="name">The socket's name as in <see cref="GuestDevice.Socket"/>.</param>
    public string SocketPath(string name) => Path.Combine(Folder, name);

    /// <summary>Starts it; once.</summary>
    /// <param name="processor">The processor it stays on; null leaves that to the host.</param>
    /// <param name="error">Why it could not be started.</param>
    /// <exception cref="InvalidOperationException">It has been started before.</exception>
    public bool TryStart(int? processor, out string error)
    {
        if (_process is not null)
        {
            throw new InvalidOperationException($"Guest {Options.Name} has been started before.");
        }

        (FileDescriptor input, FileDescriptor idle) = FileDescriptor.CreatePipe();
        (FileDescriptor console, FileDescriptor consoleEnd) = FileDescriptor.CreatePipe();
        (FileDescriptor errors, FileDescriptor errorsEnd) = FileDescriptor.CreatePipe();
        _idleInput = idle;
        using (input)
        using (consoleEnd)
        using (errorsEnd)
        {
            var descriptors = new List<FileDescriptor> { input, consoleEnd, errorsEnd };
            foreach (SerialLine line in Options.SerialLines)
            {
                descriptors.Add(line.Input);
                descriptors.Add(line.Output);
                if (line.Acknowledge is not null)
                {
                    descriptors.Add(line.Acknowledge);
                }
            }

            _process = _launcher.Start(this, descriptors, _kernel.ImageEnd, out int result);
            error = _process is null ? $"node {Options.Name}: {Options.Kernel} cannot be started: {Errno.Describe(result)}" : "";
        }

        if (_process is null)
        {
            console.Dispose();
            errors.Dispose();
            _idleInput.Dispose();
            return false;
        }

        if (processor is { } chosen)
        {
            Affinity.Pin(_process.Id, chosen);
        }

        _launcher.Monitor.Add(new GuestWatch(_process, console, errors, Options, OnEnded));
        return true;
    }

    /// <summary>
    /// Ends it, with the processes that run its user programs, and waits until all are gone. What it printed before is
    /// still delivered. Does nothing when it was not started or has ended.
    /// </summary>
    public void Kill()
    {
        if (_process is null || _ended.IsSet)
        {
            return;
        }

        // They have a death signal of their own, but it takes its time.
        IReadOnlyList<FileDescriptor> children = _process.OpenChildren();
        _process.Kill();
        foreach (FileDescriptor child in children)
        {
            using (child)
            {
                ChildProcess.Kill(child);
                child.WaitReadable(GuestLauncher.EndTimeoutMilliseconds);
            }
        }

        WaitForExit(GuestLauncher.EndTimeoutMilliseconds);
    }

    /// <summary>Waits until it has ended and everything it printed is delivered.</summary>
    /// <param name="timeoutMilliseconds">Wall-clock limit; negative waits for ever.</param>
    /// <returns>How it ended, or null when the limit passed.</returns>
    public ExitStatus? WaitForExit(int timeoutMilliseconds) => _ended.Wait(timeoutMilliseconds) ? _status : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        Kill();
        _ended.Dispose();
    }

    private void OnEnded(ExitStatus status)
    {
        _launcher.Forget(_process!.Id);
        _status = status;
        _idleInput!.Dispose();
        _process.Dispose();
        _ended.Set();
    }
}
