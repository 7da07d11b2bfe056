using Orrery.Network;
using Orrery.Simulation;

namespace Orrery.Bench.NetworkFrames;

/// <summary>Two stations that send a frame to and fro, on a network of a certain kind.</summary>
internal sealed class Echoes : IEventHandler
{
    private const int FrameSize = 98;
    private static readonly SimDuration Delay = SimDuration.FromMicroseconds(10);

    private readonly Simulator _simulator = new(new SimulatorOptions { EpochLength = SimDuration.FromMilliseconds(10) });
    private readonly Station _first;
    private readonly Station _second;

    /// <param name="join">Joins the ports of the two stations.</param>
    /// <param name="apart">The stations are on timelines of their own.</param>
    public Echoes(Action<Fabric, Port, Port> join, bool apart)
    {
        var fabric = new Fabric(_simulator);
        Timeline one = _simulator.AddTimeline("one");
        Timeline two = apart ? _simulator.AddTimeline("two") : one;
        _first = new Station(fabric.AddPort("one.eth0", one), new MacAddress(1 << 8), new MacAddress(2 << 8));
        _second = new Station(fabric.AddPort("two.eth0", two), new MacAddress(2 << 8), new MacAddress(1 << 8));
        join(fabric, _first.Port, _second.Port);
        one.Schedule(SimTime.Zero, EventPriority.Processes, _simulator.AddOrigin("start"), this);
    }

    public static void Link(Fabric fabric, Port a, Port b) => fabric.AddLink("link", a, b, Delay);

    public static void Segment(Fabric fabric, Port a, Port b) => fabric.AddSegment("segment", [a, b], Delay);

    /// <returns>Nanoseconds of CPU per frame that is delivered.</returns>
    public double Measure(ulong frames)
    {
        SimDuration length = Delay * frames;
        _simulator.Run(_simulator.Now + length); // once for the compiler
        ulong before = _first.Port.ReceivedCount + _second.Port.ReceivedCount;
        TimeSpan start = Environment.CpuUsage.TotalTime;
        _simulator.Run(_simulator.Now + length);
        TimeSpan used = Environment.CpuUsage.TotalTime - start;
        return used.TotalNanoseconds / (_first.Port.ReceivedCount + _second.Port.ReceivedCount - before);
    }

    void IEventHandler.Handle(Timeline timeline, ulong argument) => _first.Send();

    private sealed class Station : IFrameReceiver
    {
        private readonly byte[] _frame = new byte[FrameSize];

        public Station(Port port, MacAddress own, MacAddress peer)
        {
            Port = port;
            peer.Write(_frame);
            own.Write(_frame.AsSpan(MacAddress.Size));
            port.Receiver = this;
        }

        public Port Port { get; }

        public void Send() => Port.Send(_frame);

        public void Receive(ReadOnlySpan<byte> frame) => Send();
    }
}
