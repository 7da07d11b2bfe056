namespace Orrery.Simulation;

/// <summary>
/// Whether workers share timelines that channels join, when there are fewer groups of such timelines than workers. It never
/// changes what happens, only how long it takes.
/// </summary>
public enum GroupSplitting
{
    /// <summary>One worker runs the whole of a group: good for timelines that take turns.</summary>
    Never,

    /// <summary>Workers share a group: good for timelines that have much to do in each window.</summary>
    Always,

    /// <summary>As long as the workers are seen to be busy at the same time.</summary>
    WhenItPays,
}
