using Orrery.Lab.Running;
using Xunit;

namespace Orrery.Lab.Tests.Running;

public sealed class RunFolderTests : IDisposable
{
    private const string RunResult = """{ "status": "passed", "simulated_ns": 5 }""";

    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-run-folder-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_run_replaces_what_an_earlier_one_left()
    {
        string[] left = ["a.out", "a.console", "a.stderr", "wire.pcapng", "records", "digests.tsv", "checkpoint.json", "result.json.new"];
        foreach (string name in left)
        {
            Write(name, "old");
        }

        Directory.CreateDirectory(Path.Combine(_folder, "again"));
        Write("result.json", RunResult);
        Write("again/result.json", RunResult);
        Assert.NotNull(RunFolder.Create(_folder, "", out _));
        Assert.Equal("result.json", Assert.Single(Entries().Select(Path.GetFileName)));
        Assert.Contains("running", File.ReadAllText(Path.Combine(_folder, "result.json")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lab.yaml", RunResult)] // beside a run's files
    [InlineData("again/notes.txt", RunResult)]
    [InlineData("a.out", null)] // no run at all
    [InlineData("a.out", """{ "status": "mine" }""")] // another program's result
    [InlineData("a.out", "no JSON")]
    public void What_is_somebodys_own_is_kept_and_refused(string name, string? result)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "again"));
        Write(name, "mine");
        if (result is not null)
        {
            Write("result.json", result);
        }

        string[] before = Entries();
        Assert.Null(RunFolder.Create(_folder, "", out string error));
        Assert.Contains("not a run's", error, StringComparison.Ordinal);
        Assert.Equal(before, Entries());
    }

    private string[] Entries() => [.. Directory.EnumerateFileSystemEntries(_folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
