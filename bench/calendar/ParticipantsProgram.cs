using System.Diagnostics;
using System.Globalization;

namespace Orrery.Bench.Calendar;

/// <summary>What a turn costs, in microseconds of CPU.</summary>
/// <param name="Calendar">The calendar's part.</param>
/// <param name="Participants">The part of all participants together.</param>
internal readonly record struct Cost(double Calendar, double Participants);

/// <summary>The program of the synthetic participants (participants.c), built in a folder of its own.</summary>
internal sealed class ParticipantsProgram : IDisposable
{
    /// <summary>Where everything runs.</summary>
    public const int Cpu = 0;

    /// <summary>Turns of a measurement, of all participants together.</summary>
    public const int Turns = 20_000;

    private readonly string _folder;

    private ParticipantsProgram(string folder) => _folder = folder;

    public string SocketPath => Path.Combine(_folder, "time");

    public static ParticipantsProgram Build()
    {
        var program = new ParticipantsProgram(Directory.CreateTempSubdirectory("orrery-bench-").FullName);
        string source = Path.Combine(AppContext.BaseDirectory, "participants.c");
        using var compiler = Process.Start("cc", ["-O2", "-o", program.Executable, source]);
        compiler.WaitForExit();
        return compiler.ExitCode == 0 ? program : throw new InvalidOperationException("cc failed");
    }

    /// <summary>Starts that many participants, which take <see cref="Turns"/> turns together.</summary>
    public Process Start(int count, bool usesMemory) =>
        Process.Start(new ProcessStartInfo(Executable, [SocketPath, $"{count}", $"{Turns / count}", usesMemory ? "memory" : "messages", $"{Cpu}"]) { RedirectStandardOutput = true })!;

    /// <summary>Waits for their end.</summary>
    /// <returns>Their CPU time per turn in microseconds.</returns>
    public static double Finish(Process participants)
    {
        string output = participants.StandardOutput.ReadToEnd();
        participants.WaitForExit();
        return participants.ExitCode == 0
            ? ulong.Parse(output, CultureInfo.InvariantCulture) / (double)Turns
            : throw new InvalidOperationException("a participant failed");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Executable => Path.Combine(_folder, "participants");
}
