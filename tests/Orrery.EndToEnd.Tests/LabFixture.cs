using System.Text;
using Orrery.Lab.Files;
using Orrery.Lab.Kernels;
using Orrery.Lab.Running;
using Orrery.Simulation;
using RunResult = Orrery.Lab.Running.RunResult;

namespace Orrery.EndToEnd.Tests;

/// <summary>Runs labs with real kernels, each in a folder of its own that is gone afterwards.</summary>
public sealed class LabFixture : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-e2e-").FullName;
    private int _count;

    /// <summary>Machines with a process of their own need the published command, as ./test builds it.</summary>
    internal static RunOptions WithMachineCommand { get; } = new() { MachineCommand = [FindCommand(), "machine"] };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Runs a lab given as YAML.</summary>
    /// <param name="yaml">The lab file.</param>
    /// <param name="options">How; a run folder and a wall-clock limit are added.</param>
    /// <param name="watcher">Sees what happens.</param>
    /// <param name="settings">As <c>--set</c> has them.</param>
    internal FinishedLab Run(string yaml, RunOptions? options = null, Watcher? watcher = null, params string[] settings)
    {
        LabDefinition lab = Parse(yaml, settings);
        watcher ??= new Watcher();
        RunFolder folder = NewFolder();
        RunResult result = LabRun.Run(lab, Limited(options), folder, watcher, new SilentBuild(), watcher.Stop.Token);
        return new FinishedLab(result, folder, watcher);
    }

    /// <summary>The kernel that labs boot.</summary>
    internal static string FindKernel() =>
        KernelCache.OfUser.FindOrBuild(new SilentBuild(), out string error, CancellationToken.None)?.Path
            ?? throw new InvalidOperationException(error);

    /// <summary>Runs a lab given as YAML twice, as <c>--twice</c> does.</summary>
    /// <param name="yaml">The lab file.</param>
    /// <param name="first">Sees what happens in the first run.</param>
    internal TwoRuns RunTwice(string yaml, Watcher first) => RepeatedRun.Run(
        Parse(yaml), Limited(null), NewFolder(), first, new Watcher(), new SilentBuild(), first.Stop.Token);

    /// <summary>A path of its own for whatever a test leaves behind.</summary>
    internal string NewPath() => Path.Combine(_folder, $"{++_count}");

    private RunFolder NewFolder() => RunFolder.Create(NewPath(), "test", out _)!;

    private static RunOptions Limited(RunOptions? options) => (options ?? new RunOptions()) with { Timeout = TimeSpan.FromMinutes(5) };

    private static LabDefinition Parse(string yaml, params string[] settings)
    {
        LabFileResult file = LabFile.Parse(
            yaml, "test.yaml", new LabFileOptions { Overrides = [.. settings.Select(text => LabOverride.Parse(text)!)] });
        Assert.True(file.Lab is not null, string.Join('\n', file.Diagnostics));
        return file.Lab;
    }

    /// <summary>The published command, as ./test builds it.</summary>
    internal static string FindCommand()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Orrery.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return Path.Combine(folder!, "artifacts", "orrery", "orrery");
    }

    private sealed class SilentBuild : IKernelBuildProgress
    {
        public void OnStage(KernelBuildStage stage)
        {
        }

        public void OnCompiled(double fraction)
        {
        }
    }
}

/// <summary>A lab that has run.</summary>
internal sealed record FinishedLab(RunResult Result, RunFolder Folder, Watcher Watcher)
{
    /// <summary>What a node's commands wrote.</summary>
    public string OutputOf(string node) => Watcher.Output.GetValueOrDefault(node)?.ToString() ?? "";

    /// <summary>The lines of a node's output that a ping command prints for each answer.</summary>
    public IReadOnlyList<string> PingsOf(string node)
        => [.. OutputOf(node).Split('\n').Where(line => line.Contains("seq=", StringComparison.Ordinal))];
}

/// <summary>Keeps what a run says, and lets a test step in.</summary>
internal sealed class Watcher : IRunObserver
{
    public Dictionary<string, StringBuilder> Output { get; } = [];

    public List<string> Warnings { get; } = [];

    public CancellationTokenSource Stop { get; init; } = new();

    /// <summary>Called between epochs.</summary>
    public Action<IRunView>? OnProgress { get; init; }

    /// <summary>Called before anything runs.</summary>
    public Action<IRunView>? OnStarted { get; init; }

    public void Started(IRunView run) => OnStarted?.Invoke(run);

    public void NodeChanged(NodeView node, SimTime time)
    {
    }

    void IRunObserver.Output(NodeView node, ReadOnlySpan<byte> bytes)
    {
        if (!Output.TryGetValue(node.Name, out StringBuilder? text))
        {
            Output.Add(node.Name, text = new StringBuilder());
        }

        text.Append(Encoding.UTF8.GetString(bytes));
    }

    public void Saved(string path, SimTime time)
    {
    }

    public void Warned(string line) => Warnings.Add(line);

    public void Progressed(IRunView run) => OnProgress?.Invoke(run);
}
