using System.Diagnostics;
using System.Globalization;
using Process = System.Diagnostics.Process;

namespace Orrery.Bench.Calendar;

/// <summary>What a turn costs, in microseconds of CPU.</summary>
/// <param name="Calendar">The part of who grants it.</param>
/// <param name="Participants">The part of all participants together.</param>
internal readonly record struct Cost(double Calendar, double Participants);

/// <summary>The programs in C (participants.c, exchange.c), built in a folder of their own.</summary>
internal sealed class NativePrograms : IDisposable
{
    /// <summary>Where everything runs.</summary>
    public const int Cpu = 0;

    /// <summary>Turns of a measurement, of all participants together.</summary>
    public const int Turns = 20_000;

    private readonly string _folder;

    private NativePrograms(string folder) => _folder = folder;

    public string SocketPath => Path.Combine(_folder, "time");

    public static NativePrograms Build()
    {
        var programs = new NativePrograms(Directory.CreateTempSubdirectory("orrery-bench-").FullName);
        foreach (string name in new[] { "participants", "exchange" })
        {
            string source = Path.Combine(AppContext.BaseDirectory, name + ".c");
            using var compiler = Process.Start("cc", ["-O2", "-o", programs.PathOf(name), source]);
            compiler.WaitForExit();
            if (compiler.ExitCode != 0)
            {
                throw new InvalidOperationException("cc failed");
            }
        }

        return programs;
    }

    /// <summary>Starts that many participants, which take <see cref="Turns"/> turns together.</summary>
    public Process StartParticipants(int count, bool usesMemory) => Start(
        "participants", SocketPath, $"{count}", $"{Turns / count}", usesMemory ? "memory" : "messages", $"{Cpu}");

    /// <summary>Waits for the participants' end.</summary>
    /// <returns>Their CPU time per turn in microseconds.</returns>
    public static double FinishParticipants(Process participants) => Finish(participants)[0];

    /// <summary>Measures what any calendar costs at least: a message to a participant and one back.</summary>
    public Cost MeasureExchange(int count)
    {
        using Process exchange = Start("exchange", $"{count}", $"{Turns}", $"{Cpu}");
        double[] times = Finish(exchange);
        return new Cost(times[0], times[1]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static double[] Finish(Process process)
    {
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? [.. output.Split(' ').Select(t => ulong.Parse(t, CultureInfo.InvariantCulture) / (double)Turns)]
            : throw new InvalidOperationException($"{process.StartInfo.FileName} failed");
    }

    private Process Start(string name, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(PathOf(name), arguments) { RedirectStandardOutput = true })!;

    private string PathOf(string name) => Path.Combine(_folder, name);
}
