using Orrery.Lab.Running;
using Orrery.Simulation;
using Spectre.Console;

namespace Orrery.Cli.Reporting;

/// <summary>What a run shows on a terminal: one line that lives, and above it the lines that stay.</summary>
internal sealed class LiveReporter(IAnsiConsole console, CommandOutput output) : IRunObserver
{
    private const double RefreshSeconds = 0.1;
    private const int NodesShownMax = 6;

    private double _nextRefresh = RefreshSeconds;
    private bool _shown;

    public void Started(IRunView run) => Stay($"{run.Title}: {Figures.Nodes(run)}{Figures.Resumed(run)}");

    public void NodeChanged(NodeView node, SimTime time)
    {
        if (node.State is NodeState.Exited or NodeState.Failed)
        {
            Stay($"{Figures.Seconds(time)}  {node.Name} {Figures.State(node)}");
        }
    }

    public void Output(NodeView node, ReadOnlySpan<byte> bytes)
    {
        Clear();
        output.Write(node, bytes);
    }

    public void Warned(string line) => Stay($"warning: {line}");

    public void Saved(string path, SimTime time) => Stay(Figures.Saved(path, time));

    public void Progressed(IRunView run)
    {
        if (run.Wall.TotalSeconds < _nextRefresh)
        {
            return;
        }

        _nextRefresh = run.Wall.TotalSeconds + RefreshSeconds;
        string nodes = run.Nodes.Count <= NodesShownMax
            ? "  " + string.Join("  ", run.Nodes.Select(node => $"{node.Name}: {Figures.State(node)}"))
            : "";
        Show(Figures.Progress(run) + nodes);
    }

    /// <summary>Takes the living line away; what follows begins at the left.</summary>
    public void Clear()
    {
        if (_shown)
        {
            console.Write(new ControlCode("\r\u001b[K"));
            _shown = false;
        }
    }

    private void Show(string text)
    {
        int width = Math.Max(20, console.Profile.Width - 1);
        console.Write(new ControlCode("\r\u001b[K"));
        console.Write(new Text(text.Length > width ? text[..width] : text));
        _shown = true;
    }

    private void Stay(string text)
    {
        Clear();
        console.WriteLine(text);
    }
}
