using System.Text.Json;
using Xunit;

namespace Orrery.Cli.Tests;

/// <summary>A machine's program that is a class of one's own (docs/machines.md), as the example has it.</summary>
public sealed class OwnProgramTests : IDisposable
{
    private static readonly string Assembly = Path.Combine(AppContext.BaseDirectory, "Beacon.dll");

    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-program-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Runs_inside_and_in_a_process_of_its_own_with_the_same_digest()
    {
        JsonElement inside = Run(0, $"nodes.beacon.assembly={Assembly}");
        JsonElement own = Run(0, $"nodes.beacon.assembly={Assembly}", "nodes.beacon.process=own");
        Assert.Equal("5 of 5 answered by 500ms\n", File.ReadAllText(Path.Combine(_folder, "run", "beacon.out")));
        Assert.Equal(inside.GetProperty("digest").GetString(), own.GetProperty("digest").GetString());
    }

    [Theory]
    [InlineData("Lighthouse server", "has no class Lighthouse that derives from MachineProgram; there are: Orrery.Examples.Beacon")]
    [InlineData("Beacon", "Beacon: HOST is missing")]
    [InlineData("Beacon server --count 0", "--count 0: expected a number from 1 to 1000000")]
    public void Says_what_is_wrong_with_it(string program, string message)
    {
        JsonElement result = Run(2, $"nodes.beacon.assembly={Assembly}", $"nodes.beacon.program={program}");
        Assert.Contains(message, result.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Says_that_a_file_is_no_assembly()
    {
        string file = Path.Combine(_folder, "text.dll");
        File.WriteAllText(file, "text");
        JsonElement result = Run(2, $"nodes.beacon.assembly={file}");
        Assert.Contains($"{file} cannot be loaded", result.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_shows_the_example_as_it_is()
    {
        string page = File.ReadAllText(Path.Combine(OrreryProcess.Root, "docs", "machines.md"));
        Assert.Contains(File.ReadAllText(Path.Combine(OrreryProcess.Root, "examples", "program", "Beacon.cs")), page, StringComparison.Ordinal);
    }

    private JsonElement Run(int status, params string[] settings)
    {
        CommandResult result = OrreryProcess.Run(
            ["run", "examples/program/program.yaml", "--json", "-o", Path.Combine(_folder, "run"), .. settings.SelectMany(setting => new[] { "--set", setting })]);
        Assert.True(result.ExitCode == status, result.Output + result.Error);
        return JsonDocument.Parse(result.Output).RootElement;
    }
}
