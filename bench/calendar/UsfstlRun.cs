using System.Diagnostics;
using System.Globalization;

namespace Orrery.Bench.Calendar;

/// <summary>usfstl's controller, in a process of its own.</summary>
internal static class UsfstlRun
{
    /// <summary>It has room for this many clients.</summary>
    public const int ParticipantsMax = 63;

    public static Cost Measure(string controller, NativePrograms programs, int count, bool usesMemory)
    {
        // The shell's "times" reports the CPU time of its children in the second line: user and system, as 0m0.000s.
        string memory = usesMemory ? "" : " --no-shm";
        string command = $"taskset -c {NativePrograms.Cpu} '{controller}' --time='{programs.SocketPath}' --clients={count}{memory} >/dev/null; times";
        using Process shell = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true })!;
        while (!Path.Exists(programs.SocketPath))
        {
            Thread.Sleep(10);
        }

        using Process participants = programs.StartParticipants(count, usesMemory);
        double participantCost = NativePrograms.FinishParticipants(participants);
        string children = shell.StandardOutput.ReadToEnd().Split('\n')[1];
        shell.WaitForExit();
        return new Cost(children.Split(' ').Sum(Microseconds) / NativePrograms.Turns, participantCost);
    }

    private static double Microseconds(string time)
    {
        string[] parts = time.TrimEnd('s').Split('m');
        return ((double.Parse(parts[0], CultureInfo.InvariantCulture) * 60) + double.Parse(parts[1], CultureInfo.InvariantCulture)) * 1e6;
    }
}
