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

    internal void Start(Machine machine)
    {
        _machine = machine;
        OnStart();
    }
}
