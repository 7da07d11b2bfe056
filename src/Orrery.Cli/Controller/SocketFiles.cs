using System.Runtime.InteropServices;
using Orrery.Posix;

namespace Orrery.Cli.Controller;

/// <summary>The sockets of a controller in the file system: old ones make room, and none is left behind by a signal.</summary>
internal sealed class SocketFiles : IDisposable
{
    private const int SignalledBase = 128;
    private const int SigInt = 2;
    private const int SigTerm = 15;

    private readonly List<string> _paths = [];
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    public SocketFiles()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => End(SigInt));
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => End(SigTerm));
    }

    /// <summary>Removes a socket left over at <paramref name="path"/>; anything else there is not ours to remove.</summary>
    /// <param name="path">Where a socket will be made.</param>
    /// <param name="problem">What is in the way, or null.</param>
    public bool TryClaim(string path, out string? problem)
    {
        problem = null;
        if (Path.Exists(path) && !UnixSocket.IsSocket(path))
        {
            problem = $"{path} exists and is not a socket: remove it or choose another path";
            return false;
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        if (!Directory.Exists(folder))
        {
            problem = $"{path}: there is no folder {folder}";
            return false;
        }

        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"{path}: {e.Message}";
            return false;
        }

        _paths.Add(path);
        return true;
    }

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
    }

    private void End(int signal)
    {
        foreach (string path in _paths)
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Its folder has gone, and the socket with it.
            }
        }

        Environment.Exit(SignalledBase + signal);
    }
}
