namespace Orrery.Lab.Running;

/// <summary>Where a node stands.</summary>
public enum NodeState
{
    /// <summary>Its time to join has not come.</summary>
    Waiting,

    /// <summary>It has begun, and has not said yet that it is ready.</summary>
    Booting,

    /// <summary>It runs its commands, or serves the others.</summary>
    Running,

    /// <summary>Its commands have ended.</summary>
    Exited,

    /// <summary>It crashed, was dropped, or could not be started.</summary>
    Failed,
}
