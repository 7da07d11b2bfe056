using System.Text.Json;
using Xunit;

namespace Orrery.Cli.Tests.Commands;

/// <summary>What runs leave behind, and what <c>orrery diff</c> makes of it.</summary>
public sealed class RecordedRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-recorded").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Run(string name, params string[] arguments)
    {
        string folder = Path.Combine(_folder, name);
        CommandResult result = OrreryProcess.Run(["run", "examples/ping.yaml", "--set", "nodes.client.program=ping server --count 5", "--out", folder, .. arguments]);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        return folder;
    }

    private static string Digest(string folder)
    {
        using JsonDocument result = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "result.json")));
        return result.RootElement.GetProperty("digest").GetString()!;
    }

    [Fact]
    public void Two_runs_of_a_lab_are_equal()
    {
        string first = Run("first");
        string second = Run("second", "--jobs", "1");
        Assert.Equal(64, Digest(first).Length);
        Assert.Equal(Digest(first), Digest(second));
        Assert.Equal(File.ReadAllText(Path.Combine(first, "digests.tsv")), File.ReadAllText(Path.Combine(second, "digests.tsv")));
        CommandResult diff = OrreryProcess.Run("diff", first, second);
        Assert.Equal(0, diff.ExitCode);
        Assert.StartsWith("equal: ", diff.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_longer_wire_is_found_by_the_first_answer()
    {
        string first = Run("first");
        string second = Run("second", "--set", "links.0.delay=6ms");
        Assert.NotEqual(Digest(first), Digest(second));
        CommandResult diff = OrreryProcess.Run("diff", first, second);
        Assert.Equal(1, diff.ExitCode);
        // The request leaves at the same instant in both; the server answers when it has it.
        Assert.Contains("first difference at 0.005000000 s: frames server.eth0", diff.Output, StringComparison.Ordinal);
        Assert.Contains("run 1  0.005000000 s", diff.Output, StringComparison.Ordinal);
        Assert.Contains("run 2  0.006000000 s", diff.Output, StringComparison.Ordinal);
        Assert.Contains("the frames are equal, their times differ", diff.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Twice_the_same()
    {
        string folder = Run("run", "--twice", "--json");
        using JsonDocument result = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "result.json")));
        JsonElement repeated = result.RootElement.GetProperty("repeated");
        Assert.True(repeated.GetProperty("same").GetBoolean());
        Assert.Equal(Digest(folder), repeated.GetProperty("digest").GetString());
        Assert.Equal(Digest(folder), Digest(Path.Combine(folder, "again")));
        Run("run");
        Assert.False(Directory.Exists(Path.Combine(folder, "again")));
    }

    [Fact]
    public void Twice_with_another_host_is_a_status_of_its_own()
    {
        string lab = Path.Combine(_folder, "lab.yaml");
        // The node carries a file that the first run itself changes.
        string folder = Run("run");
        File.WriteAllText(lab, $$"""
            nodes:
              a: { run: grep status /etc/planted, files: { /etc/planted: {{folder}}/result.json } }
              b: { run: sleep 1 }
            """);
        CommandResult result = OrreryProcess.Run("run", lab, "--out", folder, "--twice", "--json");
        Assert.Equal(6, result.ExitCode);
        Assert.Contains(": console a", result.Error, StringComparison.Ordinal);
        Assert.Contains("run 1  ", result.Error, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(result.Output);
        Assert.Equal("different", json.RootElement.GetProperty("status").GetString());
        Assert.False(json.RootElement.GetProperty("repeated").GetProperty("same").GetBoolean());
        Assert.Equal("console a", json.RootElement.GetProperty("repeated").GetProperty("different_stream").GetString());
    }

    [Fact]
    public void A_capture_and_the_output_are_there_if_wanted()
    {
        string folder = Run("run", "--set", "capture=on", "--set", "record=off");
        Assert.True(File.Exists(Path.Combine(folder, "client-server.pcapng")));
        Assert.False(File.Exists(Path.Combine(folder, "records")));
        Assert.NotEmpty(File.ReadAllText(Path.Combine(folder, "client.out")));
        Assert.Equal(2, OrreryProcess.Run("diff", folder, folder).ExitCode);
    }
}
