using System.Diagnostics;
using Xunit;

namespace Orrery.Cli.Tests.Commands;

/// <summary><c>orrery calendar</c>: usfstl's options, its network and its end, with participants in processes of their own.</summary>
public sealed class CalendarCommandTests : IDisposable
{
    private const string Pair = """
        nodes:
          client: { kind: machine, program: ping server --count 100 --interval 10ms }
          server: { kind: machine, program: echo }
        segments:
          lan: { nodes: all }
        until: client exits
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-calendar-").FullName;

    private string Time => Path.Combine(_folder, "time");

    private string Net => Path.Combine(_folder, "net");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("--help")]
    [InlineData("-?")]
    [InlineData]
    [InlineData("--time=/tmp/x", "surplus")]
    [InlineData("--time=/tmp/x", "--clients=two")]
    [InlineData("--time=/tmp/x", "--clients=08")]
    [InlineData("--time=/tmp/x", "--net-delay=-1")]
    [InlineData("--wallclock-network", "--net=/tmp/x", "--clients=1")]
    public void Wrong_usage_and_help_show_the_options_and_end_with_2(params string[] arguments)
    {
        CommandResult result = OrreryProcess.Run(["calendar", .. arguments]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--time-at-start", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_socket_is_left_alone()
    {
        File.WriteAllText(Time, "precious");
        CommandResult result = OrreryProcess.Run("calendar", $"--time={Time}", "--clients=0x1");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("is not a socket", result.Error, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(Time));
    }

    [Theory]
    [InlineData("--debug=0")]
    [InlineData("--no-shm")]
    [InlineData("--debug=3")]
    public void Machines_ping_each_other_through_its_network(string option)
    {
        using Process calendar = StartCalendar($"--time={Time}", $"--net={Net}", "--net-delay=5", "-c", "02", option);
        string lab = Path.Combine(_folder, "lab.yaml");
        File.WriteAllText(lab, Pair);
        CommandResult run = OrreryProcess.Run(
            "run", lab, "--calendar", Time, "--segment", $"lan={Net}", "-o", Path.Combine(_folder, "run"), "--timeout", "300");
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        string output = calendar.StandardOutput.ReadToEnd();
        calendar.WaitForExit();
        Assert.Equal(0, calendar.ExitCode);
        Assert.Contains("client 2", output, StringComparison.Ordinal);
        Assert.Equal(option == "--debug=3", output.Contains("wants its turn at", StringComparison.Ordinal));
        Assert.False(File.Exists(Time) || File.Exists(Net));

        string pings = File.ReadAllText(Path.Combine(_folder, "run", "client.out"));
        Assert.Contains("100 packets transmitted, 100 packets received", pings, StringComparison.Ordinal);
    }

    [Fact]
    public void A_signal_ends_it_and_leaves_no_socket()
    {
        using Process calendar = StartCalendar($"--time={Time}", $"--net={Net}", "--clients=1");
        using Process kill = Process.Start("kill", ["-TERM", $"{calendar.Id}"]);
        calendar.WaitForExit();
        Assert.Equal(128 + 15, calendar.ExitCode);
        Assert.False(File.Exists(Time) || File.Exists(Net));
    }

    private static Process StartCalendar(params string[] arguments)
    {
        var start = new ProcessStartInfo(OrreryProcess.Command, ["calendar", .. arguments]) { RedirectStandardOutput = true };
        Process process = Process.Start(start)!;
        Assert.Contains("waiting for", process.StandardOutput.ReadLine(), StringComparison.Ordinal);
        return process;
    }
}
