using Orrery.Simulation;

namespace Orrery.Machines;

/// <summary>Something of a machine that happens at a simulated time: always inside the machine's turn.</summary>
public abstract class MachineEvent : IEventHandler
{
    private protected MachineEvent(Machine machine) => Machine = machine;

    /// <summary>The machine.</summary>
    public Machine Machine { get; }

    void IEventHandler.Handle(Timeline timeline, ulong argument)
    {
        if (Machine.TryEnterTurn())
        {
            OnDue(argument);
            Machine.LeaveTurn();
        }
    }

    /// <summary>It is due.</summary>
    /// <param name="argument">What it was scheduled with.</param>
    protected abstract void OnDue(ulong argument);
}
