namespace Orrery.Simulation.Tests.Support;

/// <summary>An event handler from a lambda.</summary>
internal sealed class Do(Action<Timeline, ulong> action) : IEventHandler
{
    public Do(Action<Timeline> action)
        : this((timeline, _) => action(timeline))
    {
    }

    public void Handle(Timeline timeline, ulong argument) => action(timeline, argument);
}
