using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Orrery.Cli.Tests;

/// <summary>The examples do what their first line says.</summary>
public sealed class ExampleRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-examples").FullName;

    private string RunFolder => Path.Combine(_folder, "run");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private JsonElement Run(string example, params string[] arguments)
    {
        // The limit only ends what would never end.
        CommandResult result = OrreryProcess.Run(["run", Path.Combine("examples", example), "--out", RunFolder, "--json", "--timeout", "600", .. arguments]);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        using JsonDocument json = JsonDocument.Parse(result.Output);
        return json.RootElement.Clone();
    }

    private string Output(string node) => File.ReadAllText(Path.Combine(RunFolder, $"{node}.out"));

    private static double Seconds(JsonElement result) => result.GetProperty("simulated_ns").GetUInt64() / 1e9;

    [Theory]
    [InlineData("ping.yaml")]
    [InlineData("linux-ping.yaml")]
    public void A_thousand_pings(string example)
    {
        JsonElement result = Run(example);
        Assert.InRange(Seconds(result), 999, 1000);
        Assert.Contains("1000 packets transmitted, 1000 packets received", Output("client"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_capture_of_linux_nodes_has_the_time_of_the_lab()
    {
        Run("linux-ping.yaml", "--set", "nodes.client.run=ping -c 3 server", "--set", "capture=on", "--set", "start=2030-06-01T12:00:00Z");
        CommandResult tshark = Tools.Run("tshark", "-n", "-r", Path.Combine(RunFolder, "client-server.pcapng"), "-Y", "icmp", "-T", "fields",
            "-e", "frame.time_epoch", "-e", "frame.interface_name", "-e", "icmp.type");
        string[][] frames = [.. tshark.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))];
        Assert.Equal(["client.eth0 8", "server.eth0 0", "client.eth0 8", "server.eth0 0", "client.eth0 8", "server.eth0 0"], frames.Select(f => $"{f[1]} {f[2]}"));
        decimal[] times = [.. frames.Select(f => decimal.Parse(f[0], CultureInfo.InvariantCulture))];
        decimal start = DateTimeOffset.Parse("2030-06-01T12:00:00Z", CultureInfo.InvariantCulture).ToUnixTimeSeconds();
        Assert.All(times, time => Assert.InRange(time, start, start + 3));
        // The answer leaves the server when the request has been 5 ms on the wire, at the very nanosecond.
        Assert.All(times.Chunk(2), pair => Assert.Equal(0.005m, pair[1] - pair[0]));
    }

    [Fact]
    public void A_switched_segment()
    {
        Run("switch.yaml");
        Assert.Equal(5, Output("client").Split("10 packets received").Length);
        Assert.True(File.Exists(Path.Combine(RunFolder, "lan.pcapng")));
    }

    [Fact]
    public void A_mesh_of_machines()
    {
        // The thousand are for those who want to see them; the mesh of the test has 20.
        string text = File.ReadAllText(Path.Combine(OrreryProcess.Root, "examples/mesh-1000.yaml"));
        string lab = Path.Combine(_folder, "mesh.yaml");
        File.WriteAllText(lab, text.Replace("[0-39]", "[0-3]", StringComparison.Ordinal).Replace("[0-24]", "[0-4]", StringComparison.Ordinal));
        JsonElement result = Run(lab);
        JsonElement[] nodes = [.. result.GetProperty("nodes").EnumerateArray()];
        Assert.Equal(20, nodes.Length);
        Assert.All(nodes, node => Assert.Contains(
            "200 packets transmitted, 200 packets received", Output(node.GetProperty("name").GetString()!), StringComparison.Ordinal));
        Assert.InRange(Seconds(result), 1.99, 2);
    }

    [Fact]
    public void A_TCP_transfer()
    {
        Run("tcp.yaml");
        Assert.Equal("20971520", Output("server").Trim());
    }

    [Fact]
    public void Linux_and_a_machine_ping_each_other()
    {
        JsonElement result = Run("mixed.yaml");
        Assert.All(result.GetProperty("nodes").EnumerateArray(), node => Assert.Equal(0, node.GetProperty("exit_code").GetInt32()));
        Assert.Contains("10 packets received", Output("penguin"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_scenario_of_vlab_with_a_command()
    {
        CommandResult result = OrreryProcess.Run("run", "examples/vlab-two-eth-nodes.yaml", "--out", RunFolder, "--timeout", "600", "--", "grep", "m2", "/etc/hosts");
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Contains("10.0.0.2", result.Output, StringComparison.Ordinal);
    }
}
