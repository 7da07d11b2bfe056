using System.Diagnostics;
using System.Globalization;

namespace Orrery.EndToEnd.Tests;

/// <summary>The guests of this process's labs, as the host sees them.</summary>
internal static class Guests
{
    /// <summary>Process ids of all guest kernels that this process started.</summary>
    public static IReadOnlyList<int> All() => [.. Candidates().Select(candidate => candidate.Id)];

    /// <summary>The folders of all guests, with their sockets.</summary>
    public static IReadOnlyList<string> Folders()
        => [.. All().Select(id => File.ResolveLinkTarget($"/proc/{id}/cwd", returnFinalTarget: true)!.FullName)];

    /// <summary>The processors that a guest kernel may run on, as the host writes them.</summary>
    public static IReadOnlyList<string> Processors() => [.. All().Select(id =>
        Read($"/proc/{id}/status").Split('\n').Single(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split('\t')[1])];

    /// <summary>Kills the kernel of a node.</summary>
    public static void Kill(string node)
    {
        int id = Candidates().Single(candidate => candidate.CommandLine.Contains($"umid={node}", StringComparison.Ordinal)).Id;
        using Process process = Process.GetProcessById(id);
        process.Kill();
    }

    /// <summary>The processes whose parent is <paramref name="parent"/>.</summary>
    public static IReadOnlyList<int> ChildrenOf(int parent) => [.. Processes().Where(id => ParentOf($"/proc/{id}") == parent)];

    /// <summary>Whether a process is there and more than an entry that nobody has collected.</summary>
    public static bool IsRunning(int id) => Stat($"/proc/{id}") is [var state, ..] && state != "Z";

    private static IEnumerable<(int Id, string CommandLine)> Candidates()
    {
        foreach (int id in ChildrenOf(Environment.ProcessId))
        {
            string commandLine = Read($"/proc/{id}/cmdline").Replace('\0', ' ');
            if (commandLine.Contains("umid=", StringComparison.Ordinal))
            {
                yield return (id, commandLine);
            }
        }
    }

    private static IEnumerable<int> Processes()
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out int id))
            {
                yield return id;
            }
        }
    }

    private static int ParentOf(string folder) => Stat(folder) is [_, var parent, ..] ? int.Parse(parent, CultureInfo.InvariantCulture) : 0;

    /// <summary>What /proc says of a process from its state on (proc(5), stat); empty when it is gone.</summary>
    private static string[] Stat(string folder)
    {
        string stat = Read(Path.Combine(folder, "stat"));
        int end = stat.LastIndexOf(')');
        return end > 0 ? stat[(end + 2)..].Split(' ') : [];
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
