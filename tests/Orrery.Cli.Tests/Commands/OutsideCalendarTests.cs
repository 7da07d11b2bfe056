using Xunit;

namespace Orrery.Cli.Tests.Commands;

/// <summary><c>orrery run LAB --calendar</c>: what cannot join somebody else's calendar is refused before anything starts.</summary>
public sealed class OutsideCalendarTests : IDisposable
{
    private const string Pair = """
        nodes:
          client: { kind: machine, program: ping server --count 1000 --interval 10ms }
          server: { kind: machine, program: echo }
        segments:
          lan: { nodes: all }
        until: client exits
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-outside-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(Pair, new[] { "--calendar", "clock" }, "network lan has no socket: give it one, --segment lan=SOCKET")]
    [InlineData(Pair, new[] { "--calendar", "clock", "--segment", "lan=net", "--segment", "wan=net" }, "--segment wan: the lab has no such network; there are: lan")]
    [InlineData(Pair, new[] { "--segment", "lan=net" }, "--segment belongs to --calendar")]
    [InlineData(Pair, new[] { "--calendar", "clock", "--segment", "lan" }, "--segment lan: expected NAME=SOCKET")]
    [InlineData("nodes: { a: { kind: linux } }\nuntil: 1s", new[] { "--calendar", "clock" }, "node a is of kind linux: only machines (kind: machine) join an outside calendar")]
    [InlineData("nodes: { a: { kind: machine, start: 1s } }\nuntil: 2s", new[] { "--calendar", "clock" }, "node a has a start")]
    public void Refuses_what_cannot_join(string lab, string[] arguments, string message)
    {
        CommandResult result = Run(lab, arguments);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, Flat(result.Output + result.Error), StringComparison.Ordinal);
    }

    [Fact]
    public void Says_that_nobody_listens()
    {
        CommandResult result = Run(Pair, "--calendar", Path.Combine(_folder, "clock"), "--segment", "lan=net");
        Assert.Equal(4, result.ExitCode);
        Assert.Contains("cannot be reached at", Flat(result.Output), StringComparison.Ordinal);
    }

    private CommandResult Run(string lab, params string[] arguments)
    {
        string file = Path.Combine(_folder, "lab.yaml");
        File.WriteAllText(file, lab);
        return OrreryProcess.Run(["run", file, "-o", Path.Combine(_folder, "run"), .. arguments]);
    }

    // The summary is wrapped to the width of the terminal.
    private static string Flat(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
