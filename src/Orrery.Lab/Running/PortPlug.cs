using Orrery.Network;
using Orrery.Virtio;

namespace Orrery.Lab.Running;

/// <summary>A network card and the port it is plugged into.</summary>
internal sealed class PortPlug : INetworkBackend, IFrameReceiver
{
    private const int Mtu = 1500;

    private readonly Port _port;

    /// <param name="port">The node's end of a wire.</param>
    /// <param name="mac">The card's address.</param>
    public PortPlug(Port port, MacAddress mac)
    {
        Span<byte> address = stackalloc byte[MacAddress.Size];
        mac.Write(address);
        _port = port;
        Device = new VirtioNetDevice(address, Mtu, this) { ReportsLink = false };
        port.Receiver = this;
    }

    /// <summary>The card.</summary>
    public VirtioNetDevice Device { get; }

    /// <inheritdoc/>
    public void Transmit(ReadOnlySpan<byte> frame) => _port.Send(frame);

    /// <inheritdoc/>
    public void Receive(ReadOnlySpan<byte> frame) => Device.Deliver(frame);
}
