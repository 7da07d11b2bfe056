using System.ComponentModel;
using System.Diagnostics;

namespace Orrery.Interrupts.Conformance.Live;

/// <summary>Runs a tool of the system to its end and keeps what it said.</summary>
internal static class ToolRun
{
    /// <summary>
    /// Runs <paramref name="tool"/>. False, with a line that says what and why, when it is missing, fails or exceeds
    /// <paramref name="limit"/> (then it is killed).
    /// </summary>
    public static bool TryRun(
        string tool, IEnumerable<string> arguments, string directory, TimeSpan limit, out string output, out string problem)
    {
        output = string.Empty;
        var start = new ProcessStartInfo(tool, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            Task<string> text = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(limit))
            {
                process.Kill(entireProcessTree: true);
                problem = $"{tool} did not end within {limit.TotalSeconds:0} s";
                return false;
            }

            output = text.Result;
            problem = process.ExitCode == 0
                ? string.Empty
                : $"{tool} failed with status {process.ExitCode}: {LastLine(errors.Result)}";
            return process.ExitCode == 0;
        }
        catch (Win32Exception e)
        {
            problem = $"{tool} cannot be run: {e.Message}";
            return false;
        }
    }

    private static string LastLine(string text) => text.TrimEnd().Split('\n')[^1].Trim();
}
