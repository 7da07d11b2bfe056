using System.Text.Json;
using Xunit;

namespace Orrery.Cli.Tests.Commands;

public sealed class CheckCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-check").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Lab(string text)
    {
        string path = Path.Combine(_folder, "lab.yaml");
        File.WriteAllText(path, text);
        return path;
    }

    [Fact]
    public void A_lab_is_shown_as_it_is_understood()
    {
        CommandResult result = OrreryProcess.Run("check", "examples/ping.yaml");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("02:00:00:01:00:00", result.Output, StringComparison.Ordinal);
        Assert.Contains("10.0.0.2/24", result.Output, StringComparison.Ordinal);
        Assert.Contains("client-server", result.Output, StringComparison.Ordinal);
        Assert.Contains("until client exits", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nodes: { a: { rnu: x } }\nuntil: 1s", ":1:15: found key 'rnu'")]
    [InlineData("nodes: { a: { run: x }, b: {} }\nlinks: [{ between: [a, b], delay: 5 }]", ":2:35: found '5', expected a unit")]
    [InlineData("nodes: { a: { run: x }, b: {} }\nlinks: [{ between: [a, c] }]", ":2:24: found the node 'c', expected one of the nodes: a, b")]
    [InlineData("nodes: { a: { run: x, address: 10.0.0.1/8 }, b: { address: 10.0.0.1/8 } }\nlinks: [{ between: [a, b] }]", ":1:60: found address 10.0.0.1, which a.eth0 has")]
    [InlineData("nodes: { a: { run: x } }\nuntil: b exits", ":2:8: found the node 'b', expected one of the nodes: a")]
    public void A_mistake_is_named_with_its_place(string text, string expected)
    {
        string path = Lab(text);
        CommandResult result = OrreryProcess.Run("check", path);
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains(path + expected, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Overrides_are_checked_like_the_file()
    {
        Assert.Equal(0, OrreryProcess.Run("check", "examples/ping.yaml", "--set", "links.0.delay=1ms", "--set", "seed=7").ExitCode);
        CommandResult wrong = OrreryProcess.Run("check", "examples/ping.yaml", "--set", "links.0.delay=1");
        Assert.Equal(2, wrong.ExitCode);
        Assert.StartsWith("--set links.0.delay=1: found '1', expected a unit", wrong.Error, StringComparison.Ordinal);
        Assert.Contains("expected KEY=VALUE", OrreryProcess.Run("check", "examples/ping.yaml", "--set", "seed").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void As_JSON_for_programs()
    {
        using JsonDocument good = JsonDocument.Parse(OrreryProcess.Run("check", "examples/mixed.yaml", "--json").Output);
        Assert.True(good.RootElement.GetProperty("ok").GetBoolean());
        JsonElement lab = good.RootElement.GetProperty("lab");
        Assert.Equal(7, lab.GetProperty("seed").GetInt32());
        Assert.Equal(["penguin", "sharp"], lab.GetProperty("nodes").EnumerateArray().Select(n => n.GetProperty("name").GetString()));
        Assert.Equal(1_000_000, lab.GetProperty("networks")[0].GetProperty("delay_ns").GetInt64());

        CommandResult result = OrreryProcess.Run("check", Lab("nodes: { a: { run: x } }\nseed: x"), "--json");
        Assert.Equal(2, result.ExitCode);
        using JsonDocument bad = JsonDocument.Parse(result.Output);
        JsonElement diagnostic = Assert.Single(bad.RootElement.GetProperty("diagnostics").EnumerateArray());
        Assert.Equal((2, 7, "'x'", "error"), (diagnostic.GetProperty("line").GetInt32(), diagnostic.GetProperty("column").GetInt32(),
            diagnostic.GetProperty("found").GetString(), diagnostic.GetProperty("severity").GetString()));
    }
}
