using System.Text;
using Orrery.Simulation;

namespace Orrery.Lab.Running;

/// <summary>
/// Tells a run's observer what the records say, and what stands beside them; slows the run to its pace. All between
/// epochs.
/// </summary>
internal sealed class RunReporter : IRecordReader
{
    private static readonly TimeSpan PaceWaitMax = TimeSpan.FromDays(1); // a wait holds 24 days at most

    private readonly RunningLab _run;
    private readonly IRunObserver _observer;
    private readonly double? _pace;
    private readonly SimTime _begin;
    private readonly CancellationToken _stop;
    private readonly Dictionary<Origin, RunningNode> _nodes;

    /// <param name="run">The run.</param>
    /// <param name="observer">Who is told.</param>
    /// <param name="pace">Simulated seconds per wall-clock second, at most.</param>
    /// <param name="stop">Ends a wait for the pace.</param>
    public RunReporter(RunningLab run, IRunObserver observer, double? pace, CancellationToken stop)
    {
        _stop = stop;
        _run = run;
        _observer = observer;
        _pace = pace;
        _begin = run.Now;
        _nodes = run.RunningNodes.ToDictionary(node => node.Origin);
    }

    /// <inheritdoc/>
    public void Read(in RunRecord record)
    {
        if (!_nodes.TryGetValue(record.Source, out RunningNode? node))
        {
            return;
        }

        if (record.Kind == RecordKind.Console)
        {
            _observer.Output(node.View, record.Payload);
        }
        else if (record.Kind == RecordKind.LifeCycle)
        {
            _observer.NodeChanged(ViewAt(node, Encoding.UTF8.GetString(record.Payload)), record.Time);
        }
    }

    /// <summary>An epoch has ended at <paramref name="time"/>.</summary>
    public void OnEpochEnded(SimTime time)
    {
        TellNotices();
        _observer.Progressed(_run);
        if (_pace is { } pace)
        {
            TimeSpan ahead = TimeSpan.FromSeconds((time - _begin).TotalSeconds / pace) - _run.Wall;
            for (; ahead > TimeSpan.Zero && !_stop.IsCancellationRequested; ahead -= PaceWaitMax)
            {
                _stop.WaitHandle.WaitOne(ahead < PaceWaitMax ? ahead : PaceWaitMax);
            }
        }
    }

    /// <summary>What nobody has read yet is told: before the first epoch, and after the last.</summary>
    public void TellNotices() => _run.Notices.Read(_observer.Warned);

    // The node may have gone on in the same epoch; the record says where it stood.
    private static NodeView ViewAt(RunningNode node, string what)
    {
        string state = what.Split(' ')[0];
        return Enum.TryParse(state, ignoreCase: true, out NodeState parsed) ? node.View with { State = parsed } : node.View;
    }
}
