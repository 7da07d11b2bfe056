using System.Text;
using Orrery.Lab.Checkpoints;
using Orrery.Lab.Files;
using Orrery.Lab.Kernels;
using Orrery.Lab.Running;
using Orrery.Simulation;
using Xunit;
using RunResult = Orrery.Lab.Running.RunResult;

namespace Orrery.Lab.Tests.Checkpoints;

/// <summary>Runs labs of machines in folders of their own, which are gone afterwards.</summary>
internal sealed class LabRuns : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-runs").FullName;
    private int _count;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static LabDefinition Parse(string yaml)
    {
        LabFileResult file = LabFile.Parse(yaml, "test.yaml");
        Assert.True(file.Lab is not null, string.Join('\n', file.Diagnostics) + yaml);
        return file.Lab;
    }

    /// <summary>Runs a lab, and saves it on the way if asked.</summary>
    public FinishedRun Run(LabDefinition lab, SimTime? checkpointAt = null)
    {
        RunFolder folder = NewFolder();
        var observer = new RunListener();
        var options = new RunOptions { Jobs = 1, CheckpointAt = checkpointAt };
        RunResult result = LabRun.Run(lab, options, folder, observer, observer, CancellationToken.None);
        return new FinishedRun(result, folder, observer.Output.ToString());
    }

    /// <summary>Resumes what was saved, as a new process would, and saves it again if asked.</summary>
    public FinishedRun Resume(byte[] checkpoint, SimTime? checkpointAt = null)
    {
        CheckpointState? state = CheckpointFile.Read(checkpoint, out string problem);
        Assert.True(state is not null, problem);
        LabDefinition? lab = CheckpointFile.ReadLab(state, out problem);
        Assert.True(lab is not null, problem);
        return Resume(lab, state, checkpointAt);
    }

    public FinishedRun Resume(LabDefinition lab, CheckpointState state, SimTime? checkpointAt = null)
    {
        RunFolder folder = NewFolder();
        var observer = new RunListener();
        var options = new RunOptions { Jobs = 2, CheckpointAt = checkpointAt }; // how many workers there are is no state
        RunResult result = LabRun.Resume(lab, state, options, folder, observer, CancellationToken.None);
        return new FinishedRun(result, folder, observer.Output.ToString());
    }

    /// <summary>Removes what runs have left so far.</summary>
    public void Clear()
    {
        foreach (string folder in Directory.EnumerateDirectories(_folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private RunFolder NewFolder() => RunFolder.Create(Path.Combine(_folder, $"{++_count}"), "test", out _)!;

    private sealed class RunListener : IRunObserver, IKernelBuildProgress
    {
        public StringBuilder Output { get; } = new();

        public void Started(IRunView run)
        {
        }

        public void NodeChanged(NodeView node, SimTime time) => Output.AppendLine($"{time} {node}");

        void IRunObserver.Output(NodeView node, ReadOnlySpan<byte> bytes) => Output.Append(Encoding.UTF8.GetString(bytes));

        public void Warned(string line) => Output.AppendLine(line);

        public void Saved(string path, SimTime time)
        {
        }

        public void Progressed(IRunView run)
        {
        }

        public void OnStage(KernelBuildStage stage)
        {
        }

        public void OnCompiled(double fraction)
        {
        }
    }
}

/// <summary>A run that has ended.</summary>
/// <param name="Result">What it came to.</param>
/// <param name="Folder">What it left.</param>
/// <param name="Output">What its observer was told, in order.</param>
internal sealed record FinishedRun(RunResult Result, RunFolder Folder, string Output)
{
    public byte[] Checkpoint => File.ReadAllBytes(Folder.Checkpoint);

    /// <summary>What each node wrote.</summary>
    public IEnumerable<(string? Name, string Text)> Files =>
        Directory.EnumerateFiles(Folder.Path, "*.out").Order().Select(path => ((string?)Path.GetFileName(path), File.ReadAllText(path)));

    /// <summary>The result without what a run cannot help but differ in.</summary>
    public string Comparable => (Result with { WallSeconds = 0, ResumedNs = null, HeldBackBy = null }).ToJson();
}
