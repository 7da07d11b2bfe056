using Orrery.Lab.Guests.Image;
using Orrery.Posix;

namespace Orrery.Lab.Guests;

/// <summary>
/// Starts Linux guests so that they behave the same in every run (docs/guests.md): one per run. No process, socket or
/// folder of a guest outlives it; when Orrery itself is killed, its guests die with it.
/// </summary>
public sealed class GuestLauncher : IDisposable
{
    /// <summary>How long a killed process may take to be gone.</summary>
    internal const int EndTimeoutMilliseconds = 10_000;

    private const string DeathSignalTool = "/usr/bin/setpriv";

    private readonly GuestFolder _folder;
    private readonly GuestStarter _starter = new();
    private readonly BootImage _image;
    private readonly List<LinuxGuest> _guests = [];
    private readonly Dictionary<string, GuestKernel> _kernels = [];

    private GuestLauncher(BootImage image)
    {
        _image = image;
        _folder = GuestFolder.Create();
        Warning = _starter.Supervisor is null
            ? $"this host does not allow seccomp user notification ({Errno.Describe(_starter.Error)}): "
                + "Linux nodes take random numbers from the host, and runs will differ"
            : null;
    }

    /// <summary>What keeps runs from being reproducible on this host; null when nothing does.</summary>
    public string? Warning { get; }

    internal GuestMonitor Monitor { get; } = new();

    /// <summary>Prepares the launcher.</summary>
    /// <param name="error">What is missing and how to get it, when null is returned.</param>
    public static GuestLauncher? Create(out string error)
    {
        BootImage? image = BootImage.Load(out error);
        return image is null ? null : new GuestLauncher(image);
    }

    /// <summary>Makes the guest's folder, with its kernel and first file system.</summary>
    /// <param name="options">The guest.</param>
    /// <param name="error">What is wrong with them, when null is returned.</param>
    public LinuxGuest? Prepare(LinuxGuestOptions options, out string error)
    {
        if (ReadKernel(options.Kernel, out error) is not { } kernel)
        {
            error = $"node {options.Name}: {error}";
            return null;
        }

        try
        {
            string folder = _folder.CreateGuest();
            File.CreateSymbolicLink(Path.Combine(folder, GuestCommandLine.KernelFile), Path.GetFullPath(options.Kernel));
            _image.Write(options.Setup, Path.Combine(folder, GuestCommandLine.InitrdFile));
            var guest = new LinuxGuest(this, options, kernel, folder);
            _guests.Add(guest);
            return guest;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            error = $"node {options.Name}: {exception.Message}";
            return null;
        }
    }

    /// <summary>What the kernel in a file can do. A file is read once.</summary>
    /// <param name="path">The file.</param>
    /// <param name="error">Why it is no kernel, when null is returned.</param>
    public GuestKernel? ReadKernel(string path, out string error)
    {
        error = "";
        if (_kernels.TryGetValue(path, out GuestKernel? known))
        {
            return known;
        }

        GuestKernel? kernel = GuestKernel.Read(path, out error);
        if (kernel is not null)
        {
            _kernels.Add(path, kernel);
        }

        return kernel;
    }

    /// <summary>Ends every guest that still runs, and removes the folders.</summary>
    public void Dispose()
    {
        foreach (LinuxGuest guest in _guests)
        {
            guest.Dispose();
        }

        Monitor.Dispose();
        _starter.Dispose();
        _folder.Dispose();
    }

    internal ChildProcess? Start(
        LinuxGuest guest, IReadOnlyList<FileDescriptor> descriptors, ulong imageEnd, out int error)
    {
        List<string> arguments = GuestCommandLine.Write(guest.Options);
        string file = arguments[0];
        if (File.Exists(DeathSignalTool))
        {
            // The guest dies with us: no way to ask for that from outside a process.
            file = DeathSignalTool;
            arguments.InsertRange(0, ["setpriv", "--pdeathsig", "KILL", "--"]);
        }

        var options = new SpawnOptions
        {
            File = file,
            Arguments = arguments,
            Environment = ["HOME=.", "TMPDIR=" + _folder.Parent, "PATH=/usr/bin:/bin"],
            WorkingDirectory = guest.Folder,
            Descriptors = descriptors,
        };
        return _starter.Start(options, new EntropyStream(guest.Options.Seed, guest.Options.Name), imageEnd, out error);
    }

    internal void Forget(int processId) => _starter.Supervisor?.Unregister(processId);
}
