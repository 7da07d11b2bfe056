using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Orrery.Machines.Programs;

/// <summary>A program that keeps all it remembers in a record, so that its machine can be saved (docs/checkpoints.md).</summary>
/// <typeparam name="TState">What it remembers: plain values.</typeparam>
internal abstract class SavedProgram<TState> : MachineProgram
    where TState : class, new()
{
    /// <summary>What it remembers; everything else follows from its arguments and its lab.</summary>
    protected TState State { get; private set; } = new();

    /// <summary>How <see cref="State"/> is written and read.</summary>
    protected abstract JsonTypeInfo<TState> Format { get; }

    internal sealed override JsonElement? Save() => JsonSerializer.SerializeToElement(State, Format);

    internal sealed override string? Restore(Machine machine, JsonElement state)
    {
        try
        {
            State = state.Deserialize(Format) ?? new TState();
        }
        catch (JsonException e)
        {
            return e.Message;
        }

        if (WhatIsWrong(State) is { } problem)
        {
            return problem;
        }

        RunOn(machine);
        OnRestored();
        return null;
    }

    /// <summary>What of <paramref name="state"/>, which is not trusted, the program would stumble over; null when nothing.</summary>
    protected virtual string? WhatIsWrong(TState state) => null;

    /// <summary>The program goes on with what it remembered: the place to find again what follows from arguments and lab.</summary>
    protected virtual void OnRestored()
    {
    }
}
