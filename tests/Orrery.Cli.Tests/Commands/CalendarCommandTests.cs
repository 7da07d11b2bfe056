using System.Diagnostics;
using Xunit;

namespace Orrery.Cli.Tests.Commands;

/// <summary><c>orrery calendar</c>: usfstl's options, its network and its end, with participants in processes of their own.</summary>
public sealed class CalendarCommandTests : IDisposable
{
    private const string Pair = """
        nodes:
          client: { kind: machine, program: ping server }
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
    [InlineData("--debug=0", 1000)]
    [InlineData("--no-shm", 1000)]
    [InlineData("--debug=3", 100)]
    public void Machines_ping_each_other_through_its_network(string option, int count)
    {
        using Process calendar = OrreryProcess.StartCalendar($"--time={Time}", $"--net={Net}", "--net-delay=5", "-c", "02", option);
        string lab = Path.Combine(_folder, "lab.yaml");
        File.WriteAllText(lab, Pair);
        CommandResult run = OrreryProcess.Run(
            "run", lab, "--set", $"nodes.client.program=ping server --count {count} --interval 20ms", "--calendar", Time,
            "--segment", $"lan={Net}", "-o", Path.Combine(_folder, "run"), "--timeout", "300");
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        string output = calendar.StandardOutput.ReadToEnd();
        calendar.WaitForExit();
        Assert.Equal(0, calendar.ExitCode);
        Assert.Contains("client 2", output, StringComparison.Ordinal);
        Assert.Equal(option == "--debug=3", output.Contains("wants its turn at", StringComparison.Ordinal));
        Assert.False(File.Exists(Time) || File.Exists(Net));

        string[] pings = File.ReadAllLines(Path.Combine(_folder, "run", "client.out"));
        Assert.Contains($"{count} packets transmitted, {count} packets received, 0% packet loss", pings);

        // Two ways of 5 ms; before the first, each asks for the other's address.
        string[] times = [.. pings.Where(line => line.Contains("time=", StringComparison.Ordinal)).Select(line => line.Split("time=")[1])];
        Assert.Equal("20.000 ms", times[0]);
        Assert.All(times[1..], time => Assert.Equal("10.000 ms", time));
        Assert.Equal(count, times.Length);
    }

    [Fact]
    public void A_signal_ends_it_and_leaves_no_socket()
    {
        using Process calendar = OrreryProcess.StartCalendar($"--time={Time}", $"--net={Net}", "--clients=1");
        using Process kill = Process.Start("kill", ["-TERM", $"{calendar.Id}"]);
        calendar.WaitForExit();
        Assert.Equal(128 + 15, calendar.ExitCode);
        Assert.False(File.Exists(Time) || File.Exists(Net));
    }
}
