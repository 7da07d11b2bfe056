using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Orrery.Simulation;
using Orrery.Virtio;

namespace Orrery.Machines;

/// <content>The machine saved and restored, between two of its events. Only inside Orrery's process.</content>
public sealed partial class Machine
{
    /// <summary>Everything the machine holds, as plain values.</summary>
    /// <param name="error">Why it cannot be saved, when null is returned: it has stopped, or its program does not say what it remembers.</param>
    public MachineState? Save(out string error)
    {
        error = "";
        JsonElement? program = null;
        if (Power == MachinePower.Off || _cards.Any(card => IsBooted && card.Transport.State != TransportState.Connected))
        {
            error = "it has stopped with a fault";
            return null;
        }

        if (IsBooted && _program is not null && (program = _program.Save()) is null)
        {
            error = $"its program {_program.GetType().Name} does not keep its state in a record";
            return null;
        }

        return new MachineState(
            IsBooted,
            Power == MachinePower.Asleep,
            Interrupts.Save(),
            Serial.Save(),
            [.. _deferred.Select(deferred => new DeferredState(deferred.Event.Key, deferred.Argument))],
            Stack?.Save(),
            IsBooted ? [.. _cards.Select(card => ((InProcessDriver)card.Transport).Save())] : [],
            program);
    }

    /// <summary>
    /// Takes the place of the machine that was saved. This one was built alike (<see cref="Boot"/> included) and has done
    /// nothing yet; when the state is refused it is of no further use.
    /// </summary>
    /// <param name="state">Not trusted.</param>
    /// <param name="handlers">Gets the machine's events, so that the timeline can be restored next.</param>
    /// <returns>What is wrong with the state, with its place; null when nothing is.</returns>
    public string? Restore(MachineState state, HandlerDirectory handlers)
    {
        string? problem = state.Booted ? RestoreBooted(state) : CheckNotBooted(state);
        AddTo(handlers);
        return problem ?? Interrupts.Restore(state.Interrupts).At("interrupts")
            ?? Serial.Restore(state.Serial).At("serial")
            ?? RestoreSleep(state);
    }

    /// <summary>Adds the machine's events to those that a checkpoint knows.</summary>
    public void AddTo(HandlerDirectory handlers)
    {
        foreach (MachineEvent machineEvent in Events)
        {
            handlers.Add(
                $"{Name} {machineEvent.Key}", machineEvent,
                new HandlerPlace(Timeline, EventPriority.Participants, _origin, machineEvent.CountMax));
        }
    }

    /// <summary>What can be pending now.</summary>
    private IEnumerable<MachineEvent> Events => IsBooted
        ? [.. Interrupts.Lines, Interrupts.Latency, _stackTimer, _programTimer, _alarmClock]
        : [.. Interrupts.Lines, Interrupts.Latency, _bootEvent];

    [MemberNotNullWhen(true, nameof(Stack))]
    private bool IsBooted => Stack is not null;

    private static string? CheckNotBooted(MachineState state) =>
        state.Asleep || state.Deferred.Count > 0 || state.Stack is not null || state.Cards.Count > 0 || state.Program is not null
            ? "a machine that has not booted has no stack, no cards and no program that runs, and does not sleep"
            : null;

    private string? RestoreBooted(MachineState state)
    {
        if (state.Cards.Count != _cards.Count || state.Stack is null)
        {
            return $"{state.Cards.Count} cards and {(state.Stack is null ? "no" : "a")} stack were saved, but there are {_cards.Count} and one";
        }

        StartDevices();
        if (Stack!.Restore(state.Stack) is { } problem)
        {
            return $"stack: {problem}";
        }

        for (int i = 0; i < _cards.Count; i++)
        {
            if (((InProcessDriver)_cards[i].Transport).Restore(state.Cards[i]) is { } wrong)
            {
                return $"cards[{i}]: {wrong}";
            }

            if (state.Cards[i].Suspended != state.Asleep)
            {
                return $"cards[{i}]: sleeps while the machine does not, or does not while it does";
            }
        }

        return RestoreProgram(state.Program).At("program");
    }

    private string? RestoreProgram(JsonElement? state)
    {
        if (state is not { } remembered)
        {
            _program = null;
            return null;
        }

        return _program is null ? "the machine has none" : _program.Restore(this, remembered);
    }

    private string? RestoreSleep(MachineState state)
    {
        Power = state.Asleep ? MachinePower.Asleep : MachinePower.On;
        for (int i = 0; i < state.Deferred.Count; i++)
        {
            if (Events.FirstOrDefault(candidate => candidate.Key == state.Deferred[i].Event) is not { } found)
            {
                return $"deferred[{i}]: there is no event '{state.Deferred[i].Event}'";
            }

            _deferred.Enqueue((found, state.Deferred[i].Argument));
        }

        return null;
    }
}
