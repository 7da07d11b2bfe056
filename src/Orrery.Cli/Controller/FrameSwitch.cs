using Orrery.Network;
using Orrery.Simulation;
using Orrery.Virtio;

namespace Orrery.Cli.Controller;

/// <summary>
/// The Ethernet switch of usfstl's controller: every frame arrives a fixed time after it was sent. A station's address is learned
/// from its first frame and never changes; a frame to a group goes to everybody else, one to an unknown station to nobody.
/// </summary>
/// <param name="timeline">Where frames are on their way.</param>
/// <param name="origin">Causes their arrivals.</param>
/// <param name="delay">From station to station.</param>
/// <param name="clock">What time it is when a frame is sent.</param>
internal sealed class FrameSwitch(Timeline timeline, Origin origin, SimDuration delay, Func<SimTime> clock) : IEventHandler
{
    private const int FramesUnderWayMax = 1 << 16; // more are lost, as on any wire

    private readonly List<Station> _stations = [];
    private readonly Queue<(Station Sender, byte[] Frame)> _underWay = new(); // the delay is one for all: first in, first out
    private int _stationCount;

    /// <summary>A new network card, plugged into the switch.</summary>
    public VirtioNetDevice AddStation()
    {
        var station = new Station(this, ++_stationCount);
        _stations.Add(station);
        return station.Card;
    }

    /// <summary>Unplugs a card.</summary>
    public void Remove(VirtioNetDevice card) => _stations.RemoveAll(station => station.Card == card);

    void IEventHandler.Handle(Timeline now, ulong argument)
    {
        (Station sender, byte[] frame) = _underWay.Dequeue();
        MacAddress destination = MacAddress.Read(frame);
        foreach (Station station in _stations)
        {
            if (station != sender && (destination.IsMulticast || station.Address == destination))
            {
                station.Card.Deliver(frame);
            }
        }
    }

    private void Transmit(Station sender, ReadOnlySpan<byte> frame)
    {
        sender.Address ??= MacAddress.Read(frame[MacAddress.Size..]);
        if (_underWay.Count < FramesUnderWayMax)
        {
            _underWay.Enqueue((sender, frame.ToArray()));
            timeline.Schedule(clock() + delay, EventPriority.Frames, origin, this);
        }
    }

    private sealed class Station : INetworkBackend
    {
        private const int Mtu = 1500;
        private const ulong FirstAddress = 0x02_00_00_00_00_00; // locally administered

        private readonly FrameSwitch _switch;

        public Station(FrameSwitch frameSwitch, int number)
        {
            _switch = frameSwitch;
            Span<byte> address = stackalloc byte[MacAddress.Size];
            new MacAddress(FirstAddress + (ulong)number).Write(address);
            Card = new VirtioNetDevice(address, Mtu, this) { ReportsLink = false };
        }

        public VirtioNetDevice Card { get; }

        /// <summary>The source of its first frame.</summary>
        public MacAddress? Address { get; set; }

        public void Transmit(ReadOnlySpan<byte> frame) => _switch.Transmit(this, frame);
    }
}
