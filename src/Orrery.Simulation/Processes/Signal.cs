namespace Orrery.Simulation;

/// <summary>
/// Something that processes of one timeline wait for (<see cref="Process.Wait(Signal)"/>). It has no memory: raising it wakes
/// those that wait, and nobody else.
/// </summary>
public sealed class Signal
{
    private readonly List<SimTask> _waiting = [];

    /// <summary>Whether somebody waits.</summary>
    public bool HasWaiting => _waiting.Count != 0;

    /// <summary>Wakes all that wait, each by an event of its own process at the current time; so they go on in the order of their origins.</summary>
    public void Raise()
    {
        foreach (SimTask task in _waiting)
        {
            task.Wake(WakeReason.Signal);
        }

        _waiting.Clear();
    }

    internal void Remember(SimTask task) => _waiting.Add(task);

    internal void Forget(SimTask task) => _waiting.Remove(task);
}
