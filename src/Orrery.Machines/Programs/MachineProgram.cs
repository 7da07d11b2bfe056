using System.Text.Json;
using Orrery.Machines.Stack;

namespace Orrery.Machines.Programs;

/// <summary>
/// A program of a C# machine. It is called when something happens and never waits; what it must remember it keeps in its
/// fields. Programs of one's own derive from this class (docs/machines.md).
/// </summary>
public abstract class MachineProgram
{
    private Machine? _machine;

    /// <summary>The machine it runs on, from <see cref="OnStart"/> on.</summary>
    protected Machine Machine => _machine ?? throw new InvalidOperationException("The program has not been started.");

    /// <summary>The machine has booted.</summary>
    protected abstract void OnStart();

    /// <summary>A timer (<see cref="Machine.SetTimer"/>) rings.</summary>
    protected internal virtual void OnTimer(ulong argument)
    {
    }

    /// <summary>The answer to an echo request came.</summary>
    protected internal virtual void OnEchoReply(IpAddress source, ushort identifier, ushort sequence, ReadOnlySpan<byte> payload)
    {
    }

    /// <summary>A datagram came.</summary>
    /// <returns>False when the program does not listen at that port; the sender is told.</returns>
    protected internal virtual bool OnDatagram(
        IpAddress source, ushort sourcePort, ushort destinationPort, ReadOnlySpan<byte> payload) => false;

    /// <summary>Nobody at <paramref name="destination"/> can be reached.</summary>
    protected internal virtual void OnUnreachable(IpAddress destination)
    {
    }

    /// <summary>Bytes were typed at the machine's serial line.</summary>
    protected internal virtual void OnSerialInput(ReadOnlySpan<byte> bytes)
    {
    }

    /// <summary>It comes from somebody else's assembly: what it throws is its own fault, not Orrery's.</summary>
    internal bool IsForeign => GetType().Assembly != typeof(MachineProgram).Assembly;

    /// <summary>What it remembers, for a checkpoint; null when it cannot say.</summary>
    internal virtual JsonElement? Save() => null;

    /// <summary>Takes over what was saved, in place of <see cref="Start"/>.</summary>
    /// <returns>What is wrong with <paramref name="state"/>, which is not trusted; null when nothing is.</returns>
    internal virtual string? Restore(Machine machine, JsonElement state) => "this program cannot be restored";

    private protected void RunOn(Machine machine) => _machine = machine;

    internal void Start(Machine machine)
    {
        RunOn(machine);
        OnStart();
    }
}
