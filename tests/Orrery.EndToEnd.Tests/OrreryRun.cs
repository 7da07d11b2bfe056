using System.Diagnostics;

namespace Orrery.EndToEnd.Tests;

/// <summary>The published command as a process that tests can kill.</summary>
internal sealed class OrreryRun : IDisposable
{
    private readonly Process _process;

    private OrreryRun(Process process) => _process = process;

    /// <summary>Starts it.</summary>
    /// <param name="folder">Its working directory.</param>
    /// <param name="arguments">The command's arguments.</param>
    /// <param name="environment">Set besides what this process has.</param>
    public static OrreryRun Start(string folder, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(LabFixture.FindCommand(), arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new OrreryRun(process);
    }

    public int WaitForExit()
    {
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Everything that descends from it, as far as it runs now.</summary>
    public IReadOnlyList<int> Descendants()
    {
        List<int> family = [_process.Id];
        for (int i = 0; i < family.Count; i++)
        {
            family.AddRange(Guests.ChildrenOf(family[i]));
        }

        return family[1..];
    }

    /// <summary>Ends it as the kernel does when memory runs out: with SIGKILL.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }
}
