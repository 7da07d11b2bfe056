using System.Diagnostics;

namespace Orrery.EndToEnd.Tests;

/// <summary>The guests of this process's labs, as the host sees them.</summary>
internal static class Guests
{
    /// <summary>Process ids of all guest kernels that this process started.</summary>
    public static IReadOnlyList<int> All() => [.. Candidates().Select(candidate => candidate.Id)];

    /// <summary>Kills the kernel of a node.</summary>
    public static void Kill(string node)
    {
        int id = Candidates().Single(candidate => candidate.CommandLine.Contains($"umid={node}", StringComparison.Ordinal)).Id;
        using Process process = Process.GetProcessById(id);
        process.Kill();
    }

    private static IEnumerable<(int Id, string CommandLine)> Candidates()
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out int id) || ParentOf(folder) != Environment.ProcessId)
            {
                continue;
            }

            string commandLine = Read(Path.Combine(folder, "cmdline")).Replace('\0', ' ');
            if (commandLine.Contains("umid=", StringComparison.Ordinal))
            {
                yield return (id, commandLine);
            }
        }
    }

    private static int ParentOf(string folder)
    {
        string stat = Read(Path.Combine(folder, "stat"));
        int end = stat.LastIndexOf(')');
        return end > 0 && int.TryParse(stat[(end + 2)..].Split(' ')[1], out int parent) ? parent : 0;
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // it has just ended
        }
    }
}
