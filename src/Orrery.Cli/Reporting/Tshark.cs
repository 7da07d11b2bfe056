using System.ComponentModel;
using System.Diagnostics;
using Orrery.Network;

namespace Orrery.Cli.Reporting;

/// <summary>A frame as tshark shows it.</summary>
/// <param name="Summary">The line of its packet list.</param>
/// <param name="Fields">The lines of its details, without what describes the capture.</param>
internal sealed record DecodedFrame(string Summary, IReadOnlyList<string> Fields);

/// <summary>Decodes frames with tshark, where it is installed.</summary>
internal static class Tshark
{
    private const int WaitMs = 20_000;
    private const string Columns = "gui.column.format:\"Source\",\"%s\",\"Destination\",\"%d\",\"Protocol\",\"%p\",\"Info\",\"%i\"";

    /// <summary>The frame in words; null when there is no tshark or it cannot say.</summary>
    public static DecodedFrame? Decode(ReadOnlySpan<byte> frame)
    {
        string path = Path.GetTempFileName();
        try
        {
            using (var writer = new PcapngWriter(File.Create(path)))
            {
                writer.WriteSent(writer.AddInterface("port"), 0, frame);
            }

            string? summary = Run("-n", "-r", path, "-o", Columns);
            string? details = summary is null ? null : Run("-n", "-r", path, "-V");
            return details is null ? null : new DecodedFrame(summary!.Trim(), [.. Fields(details)]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>The details begin with a section about the capture, whose lines are indented below "Frame 1".</summary>
    private static IEnumerable<string> Fields(string details) => details.Split('\n')
        .SkipWhile(line => line.StartsWith("Frame ", StringComparison.Ordinal) || line.StartsWith(' '))
        .Select(line => line.Trim()).Where(line => line.Length > 0);

    private static string? Run(params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo("tshark", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            using Process process = Process.Start(start)!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(WaitMs))
            {
                process.Kill(entireProcessTree: true);
                return null;
            }

            return process.ExitCode == 0 ? output.GetAwaiter().GetResult() : null;
        }
        catch (Win32Exception)
        {
            return null; // not installed
        }
    }
}
