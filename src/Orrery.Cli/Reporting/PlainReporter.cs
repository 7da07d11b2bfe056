using Orrery.Lab.Running;
using Orrery.Simulation;

namespace Orrery.Cli.Reporting;

/// <summary>What a run says in a pipe, a log or with <c>--verbose</c>: a line for everything worth one, and nothing that moves.</summary>
internal sealed class PlainReporter(TextWriter writer, bool verbose, CommandOutput output) : IRunObserver
{
    private const double ProgressSecondsMin = 10;

    private readonly OutputLines _lines = new();
    private double _nextProgress = ProgressSecondsMin;

    public void Started(IRunView run)
        => writer.WriteLine($"{run.Title}: {Figures.Nodes(run)}{Figures.Resumed(run)}, run folder {Path.GetRelativePath(Environment.CurrentDirectory, run.Folder)}");

    public void NodeChanged(NodeView node, SimTime time)
    {
        if (verbose || node.State is NodeState.Exited or NodeState.Failed)
        {
            writer.WriteLine($"{Figures.Seconds(time)}  {node.Name} {Figures.State(node)}");
        }
    }

    public void Output(NodeView node, ReadOnlySpan<byte> bytes)
    {
        output.Write(node, bytes);
        if (verbose)
        {
            _lines.Add(node.Index, bytes, line => writer.WriteLine($"{node.Name} | {line}"));
        }
    }

    public void Warned(string line) => writer.WriteLine($"warning: {line}");

    public void Saved(string path, SimTime time) => writer.WriteLine(Figures.Saved(path, time));

    public void Progressed(IRunView run)
    {
        if (run.Wall.TotalSeconds >= _nextProgress)
        {
            _nextProgress = run.Wall.TotalSeconds + ProgressSecondsMin;
            writer.WriteLine(Figures.Progress(run));
        }
    }
}
