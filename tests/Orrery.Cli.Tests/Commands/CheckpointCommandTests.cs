using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Orrery.Cli.Tests.Commands;

/// <summary><c>run --checkpoint-at</c> and <c>resume</c>, each in a process of its own.</summary>
public sealed partial class CheckpointCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-checkpoints").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string PathOf(string name) => Path.Combine(_folder, name);

    private CommandResult RunPings(string name, params string[] arguments) => OrreryProcess.Run(
        ["run", "examples/ping.yaml", "--set", "nodes.client.program=ping server --count 20", "--out", PathOf(name), .. arguments]);

    private CommandResult Resume(string checkpoint, string name) => OrreryProcess.Run("resume", checkpoint, "--out", PathOf(name));

    /// <summary>The result without what no two runs share.</summary>
    private string ResultOf(string name) => Incomparable().Replace(File.ReadAllText(Path.Combine(PathOf(name), "result.json")), "");

    [GeneratedRegex("\"(wall_seconds|speedup|resumed_ns)\": [^\n]*\n")]
    private static partial Regex Incomparable();

    [Fact]
    public void A_resumed_run_is_the_run_that_was_not_interrupted()
    {
        // What the command line changes is in the checkpoint; a frame arrives at that very nanosecond.
        Assert.Equal(0, RunPings("whole", "--set", "links.0.delay=7ms").ExitCode);
        CommandResult saved = RunPings("saved", "--set", "links.0.delay=7ms", "--checkpoint-at", "7.007s");
        Assert.Equal(0, saved.ExitCode);
        Assert.Contains("7.007000 s  saved: orrery resume ", saved.Output, StringComparison.Ordinal);

        Assert.Equal(0, Resume(PathOf("saved"), "from-folder").ExitCode);
        Assert.Equal(ResultOf("whole"), ResultOf("from-folder"));

        // It needs no lab file, and none of the folder it was saved to.
        string checkpoint = PathOf("elsewhere.json");
        File.Move(Path.Combine(PathOf("saved"), "checkpoint.json"), checkpoint);
        CommandResult resumed = Resume(checkpoint, "resumed");
        Assert.True(resumed.ExitCode == 0, resumed.Output + resumed.Error);
        Assert.Contains("resumed at 7.007000 s", resumed.Output, StringComparison.Ordinal);
        Assert.Equal(ResultOf("whole"), ResultOf("saved"));
        Assert.Equal(ResultOf("whole"), ResultOf("resumed"));
        Assert.Equal(
            File.ReadAllText(Path.Combine(PathOf("whole"), "client.out")), File.ReadAllText(Path.Combine(PathOf("resumed"), "client.out")));
        using JsonDocument result = JsonDocument.Parse(File.ReadAllText(Path.Combine(PathOf("resumed"), "result.json")));
        Assert.Equal(7_007_000_000UL, result.RootElement.GetProperty("resumed_ns").GetUInt64());
    }

    [Fact]
    public void A_lab_that_cannot_be_saved_is_refused_before_it_runs()
    {
        string lab = PathOf("lab.yaml");
        File.WriteAllText(lab, "nodes:\n  a: { kind: machine, program: echo }\n  b: { run: ping -c 1 a }\nlinks: [{ between: [a, b] }]\nuntil: 1s\n");
        CommandResult refused = OrreryProcess.Run("run", lab, "--checkpoint-at", "500ms", "--out", PathOf("out"));
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains($"{lab}:3:3: found node 'b', of kind linux", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(PathOf("out")));
    }

    [Theory]
    [InlineData("5")] // no unit
    [InlineData("-5s")]
    public void A_wrong_time_is_wrong_usage(string time)
    {
        CommandResult refused = RunPings("out", $"--checkpoint-at={time}");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("expected a simulated time with its unit", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_after_the_end_of_the_lab_is_refused()
    {
        CommandResult refused = RunPings("out", "--checkpoint-at", "30s", "--until", "20s");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("expected a time up to the lab's end at 20s", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_ends_before_it_is_saved_says_so()
    {
        CommandResult unsaved = RunPings("out", "--checkpoint-at", "30s");
        Assert.Equal(2, unsaved.ExitCode);
        Assert.Contains("no checkpoint: the run ended at", unsaved.Error, StringComparison.Ordinal);
        Assert.Contains("\"exited\"", ResultOf("out"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_checkpoint_is_refused()
    {
        CommandResult refused = Resume("examples/ping.yaml", "out");
        Assert.Equal(2, refused.ExitCode);
        Assert.StartsWith("orrery: examples/ping.yaml: ", refused.Error, StringComparison.Ordinal);
        Assert.Single(refused.Error.TrimEnd().Split('\n'));
        Assert.False(Directory.Exists(PathOf("out")));
    }

    [Fact]
    public void The_page_shows_what_the_commands_print()
    {
        string page = File.ReadAllText(Path.Combine(OrreryProcess.Root, "docs", "checkpoints.md"));
        string[] block = page.Split("```")[1].Trim('\n').Split('\n');
        string output = "";
        foreach (string line in block)
        {
            if (line.StartsWith("$ orrery ", StringComparison.Ordinal))
            {
                // In the test's folder instead of the reader's.
                string[] words = [.. line["$ orrery ".Length..].Split(' ').Select(word => word.StartsWith("whole", StringComparison.Ordinal) || word == "rest" ? PathOf(word) : word)];
                CommandResult result = OrreryProcess.Run(words);
                Assert.True(result.ExitCode == 0, result.Error);
                output = result.Output.Replace(Path.GetRelativePath(OrreryProcess.Root, _folder) + "/", "", StringComparison.Ordinal);
            }
            else
            {
                Assert.Contains(line, output, StringComparison.Ordinal);
            }
        }
    }
}
