namespace Orrery.Machines.Stack;

/// <summary>What a network stack needs of the machine it is part of.</summary>
public interface IStackHost
{
    /// <summary>The machine's time in nanoseconds.</summary>
    ulong Now { get; }

    /// <summary>Sends a frame, from the destination address to the end of the payload, without a check sequence.</summary>
    void Transmit(int networkInterface, ReadOnlySpan<byte> frame);

    /// <summary>Has <see cref="NetworkStack.OnTimer"/> called at <paramref name="due"/>, in the machine's time.</summary>
    void SetStackTimer(ulong due);
}

/// <summary>What a network stack has for the program above it.</summary>
public interface IStackUser
{
    /// <summary>The answer to an echo request came.</summary>
    void OnEchoReply(IpAddress source, ushort identifier, ushort sequence, ReadOnlySpan<byte> payload);

    /// <summary>A datagram came for <paramref name="destinationPort"/>.</summary>
    /// <returns>False when nobody listens there: the sender is told.</returns>
    bool OnDatagram(IpAddress source, ushort sourcePort, ushort destinationPort, ReadOnlySpan<byte> payload);

    /// <summary>What was sent to <paramref name="destination"/> cannot be delivered: no neighbour has the address, or no port.</summary>
    void OnUnreachable(IpAddress destination);
}
