using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace Orrery.Cli.Tests.Commands;

/// <summary>A node of a lab may be somebody else's simulator: here a machine that the lab has not started.</summary>
public sealed class ExternalNodeTests : IDisposable
{
    private const string Lab = """
        nodes:
          client: { kind: machine, program: ping sim --count 5 }
          sim: { kind: external, address: 10.0.0.2/24 }
        links:
          - between: [client, sim]
            delay: 5ms
        until: client exits
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-ext-").FullName;

    private string RunFolder => Path.Combine(_folder, "run");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("on")]
    [InlineData("off")]
    public void An_outside_simulator_joins_the_lab_and_its_network(string memory)
    {
        using Process lab = StartLab("--set", $"calendar.memory={memory}");
        using Process simulator = StartSimulator();
        using JsonDocument json = JsonDocument.Parse(lab.StandardOutput.ReadToEnd());
        lab.WaitForExit();
        simulator.WaitForExit();
        Assert.Equal((0, 0), (lab.ExitCode, simulator.ExitCode));
        JsonElement sim = json.RootElement.GetProperty("nodes")[1];
        Assert.Equal(("external", "running"), (sim.GetProperty("kind").GetString(), sim.GetProperty("state").GetString()));
        string[] pings = File.ReadAllLines(Path.Combine(RunFolder, "client.out"));
        Assert.Contains("5 packets transmitted, 5 packets received, 0% packet loss", pings);
        Assert.Equal(4, pings.Count(line => line.EndsWith("time=10.000 ms", StringComparison.Ordinal)));
        Assert.False(Directory.Exists(Path.Combine(RunFolder, "sim")));
    }

    [Fact]
    public void One_that_goes_in_the_middle_leaves_the_others_to_themselves()
    {
        using Process lab = StartLab();
        using Process simulator = StartSimulator("\"end_ns\": 2500000000,");
        using JsonDocument json = JsonDocument.Parse(lab.StandardOutput.ReadToEnd());
        JsonElement sim = json.RootElement.GetProperty("nodes")[1];
        Assert.Equal(("exited", 2_500_000_000UL), (sim.GetProperty("state").GetString(), sim.GetProperty("ended_ns").GetUInt64()));
        string[] pings = File.ReadAllLines(Path.Combine(RunFolder, "client.out"));
        Assert.Contains("5 packets transmitted, 3 packets received, 40% packet loss", pings);
        Assert.Equal("passed", json.RootElement.GetProperty("status").GetString());
    }

    [Fact]
    public void A_lab_that_waits_for_one_can_be_ended()
    {
        using Process lab = StartLab();
        // Not SIGINT, which what runs in the background may have been started with ignored.
        using Process end = Process.Start("kill", ["-TERM", $"{lab.Id}"]);
        using JsonDocument json = JsonDocument.Parse(lab.StandardOutput.ReadToEnd());
        Assert.Equal("interrupted", json.RootElement.GetProperty("status").GetString());
        Assert.False(Directory.Exists(Path.Combine(RunFolder, "sim")));
    }

    [Fact]
    public void What_a_run_that_was_killed_has_left_is_in_nobodys_way()
    {
        using (Process killed = StartLab())
        {
            killed.Kill();
            killed.WaitForExit();
        }

        using Process lab = StartLab();
        using Process simulator = StartSimulator();
        lab.StandardOutput.ReadToEnd();
        lab.WaitForExit();
        Assert.Equal(0, lab.ExitCode);
    }

    private Process StartLab(params string[] arguments)
    {
        string file = Path.Combine(_folder, "lab.yaml");
        File.WriteAllText(file, Lab);
        Process lab = Process.Start(new ProcessStartInfo(OrreryProcess.Command, ["run", file, "-o", RunFolder, "--json", "--timeout", "300", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        string? line;
        do
        {
            line = lab.StandardError.ReadLine();
            Assert.NotNull(line);
        }
        while (!line.Contains("node sim is awaited", StringComparison.Ordinal));
        Assert.Contains($"identification 2 at {RunFolder}/sim/clock, eth0 (02:00:00:02:00:00) at net0", line, StringComparison.Ordinal);
        _ = lab.StandardError.ReadToEndAsync();
        return lab;
    }

    private Process StartSimulator(string more = "")
    {
        Process simulator = Process.Start(new ProcessStartInfo(OrreryProcess.Command, ["machine"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        simulator.StandardInput.Write($$"""
            {
                {{more}}
                "name": "sim", "id": 2, "calendar": "{{RunFolder}}/sim/clock", "schedule_memory": true, "program": ["echo"], "hosts": {}, "typed": [],
                "cards": [ { "socket": "{{RunFolder}}/sim/net0", "mac": "02:00:00:02:00:00", "addresses": ["10.0.0.2/24"] } ]
            }
            """);
        simulator.StandardInput.Close();
        return simulator;
    }
}
