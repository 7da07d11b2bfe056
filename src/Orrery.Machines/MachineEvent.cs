using Orrery.Simulation;

namespace Orrery.Machines;

/// <summary>Something of a machine that happens at a simulated time: always inside the machine's turn.</summary>
public abstract class MachineEvent : IEventHandler
{
    private protected MachineEvent(Machine machine) => Machine = machine;

    /// <summary>The machine.</summary>
    public Machine Machine { get; }

    /// <summary>Its name in a saved machine, unique there.</summary>
    internal abstract string Key { get; }

    /// <summary>It happens although the machine sleeps; other events wait for the end of the sleep.</summary>
    private protected virtual bool RunsAsleep => false;

    void IEventHandler.Handle(Timeline timeline, ulong argument)
    {
        if (Machine.Power == MachinePower.Asleep && !RunsAsleep)
        {
            Machine.Defer(this, argument);
        }
        else
        {
            Run(argument);
        }
    }

    internal void Run(ulong argument)
    {
        if (Machine.TryEnterTurn())
        {
            try
            {
                OnDue(argument);
            }
            catch (Exception e) when (Machine.IsProgramForeign)
            {
                Machine.Fail(MachineRule.ProgramRuns, $"its program threw {e.GetType().Name}: {e.Message}");
            }

            Machine.LeaveTurn();
        }
    }

    /// <summary>How many may be pending at once.</summary>
    internal virtual int CountMax => int.MaxValue;

    /// <summary>It is due.</summary>
    /// <param name="argument">What it was scheduled with.</param>
    protected abstract void OnDue(ulong argument);
}
