using Orrery.Lab.Files;
using Orrery.Lab.Kernels;
using Orrery.Lab.Running;
using Orrery.Simulation;
using RunResult = Orrery.Lab.Running.RunResult;

namespace Orrery.Bench.Machines;

/// <summary>What one lab took.</summary>
/// <param name="Cpu">CPU time from the first machine that was built to the result.</param>
/// <param name="ResidentBytes">Growth of the resident set, at its highest between epochs.</param>
/// <param name="AllocatedBytes">Memory that was allocated while the lab ran, without building it.</param>
internal sealed record MeshRun(TimeSpan Cpu, long ResidentBytes, long AllocatedBytes)
{
    /// <summary>Runs a lab whose every machine must pass.</summary>
    public static MeshRun Measure(string text)
    {
        LabDefinition lab = LabFile.Parse(text, "mesh.yaml").Lab ?? throw new InvalidOperationException("The lab is wrong.");
        string path = Directory.CreateTempSubdirectory("orrery-machines-").FullName;
        try
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            var observer = new Observer();
            long resident = Environment.WorkingSet;
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            RunResult result = LabRun.Run(
                lab, new RunOptions { Jobs = 1 }, RunFolder.Create(Path.Combine(path, "run"), "mesh", out _)!, observer, observer, default);
            cpu = Environment.CpuUsage.TotalTime - cpu;
            return result.Status == RunStatus.Passed
                ? new MeshRun(cpu, observer.ResidentMax - resident, observer.AllocatedBytes)
                : throw new InvalidOperationException($"The lab {result.Status}: {result.Reason}");
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    /// <summary>Looks at the memory between epochs.</summary>
    private sealed class Observer : IRunObserver, IKernelBuildProgress
    {
        private long _allocatedAtStart;

        public long ResidentMax { get; private set; }

        public long AllocatedBytes { get; private set; }

        public void Started(IRunView run) => _allocatedAtStart = GC.GetTotalAllocatedBytes();

        public void Progressed(IRunView run)
        {
            ResidentMax = Math.Max(ResidentMax, Environment.WorkingSet);
            AllocatedBytes = GC.GetTotalAllocatedBytes() - _allocatedAtStart;
        }

        public void NodeChanged(NodeView node, SimTime time)
        {
        }

        public void Output(NodeView node, ReadOnlySpan<byte> bytes)
        {
        }

        public void Saved(string path, SimTime time)
        {
        }

        public void Warned(string line) => Console.WriteLine(line);

        public void OnStage(KernelBuildStage stage)
        {
        }

        public void OnCompiled(double fraction)
        {
        }
    }
}
