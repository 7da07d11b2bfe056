namespace Orrery.Machines;

/// <summary>The rules that hold for a machine and for those it meets.</summary>
public enum MachineRule
{
    /// <summary>A handler runs only in its machine's turn.</summary>
    HandlerInTurn,

    /// <summary>A handler runs when its event is due, not before.</summary>
    HandlerInTime,

    /// <summary>A device keeps the rules of its transport.</summary>
    DeviceKeepsRules,

    /// <summary>A program does not throw.</summary>
    ProgramRuns,
}

/// <summary>Why a machine stopped.</summary>
/// <param name="Machine">Its name.</param>
/// <param name="Rule">The rule that was broken.</param>
/// <param name="What">What happened.</param>
public sealed record MachineFault(string Machine, MachineRule Rule, string What)
{
    /// <summary>One line: who, what, what to do.</summary>
    public override string ToString() => $"machine {Machine}: {What}: " + Rule switch
    {
        MachineRule.HandlerInTurn or MachineRule.HandlerInTime => "a fault of Orrery or of a device that calls out of turn; please report it with the lab",
        MachineRule.DeviceKeepsRules => "look at the device, the machine has stopped using it",
        _ => "mend the program",
    };
}
