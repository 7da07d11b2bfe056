using Orrery.Simulation;

namespace Orrery.Network.Tests;

/// <summary>A simulation with stations that send what they are told and note what arrives.</summary>
internal sealed class Bench
{
    private readonly bool _apart;
    private Timeline? _shared;

    /// <param name="apart">Each station on a timeline of its own, instead of all on one.</param>
    /// <param name="workers">Threads that run the timelines.</param>
    public Bench(bool apart, int workers = 1)
    {
        _apart = apart;
        Simulator = new Simulator(new SimulatorOptions { EpochLength = SimDuration.FromMilliseconds(1), Workers = workers });
        Fabric = new Fabric(Simulator);
    }

    public Simulator Simulator { get; }

    public Fabric Fabric { get; }

    public Station AddStation(string name)
    {
        Timeline timeline = _apart ? Simulator.AddTimeline(name) : _shared ??= Simulator.AddTimeline("all");
        return new Station(Fabric.AddPort(name, timeline), Simulator.AddOrigin($"{name}'s program"));
    }

    /// <summary>Runs until nothing is left to happen.</summary>
    public void Run() => Simulator.Run(SimTime.Never);
}

/// <summary>What arrived, and when.</summary>
internal readonly record struct Delivery(ulong TimeNs, string Frame);

/// <summary>A station with one port.</summary>
internal sealed class Station : IFrameReceiver, IEventHandler
{
    private readonly Origin _program;
    private readonly List<byte[]> _toSend = [];

    public Station(Port port, Origin program)
    {
        Port = port;
        _program = program;
        port.Receiver = this;
    }

    public Port Port { get; }

    public List<Delivery> Deliveries { get; } = [];

    public List<SendResult> Results { get; } = [];

    /// <summary>Called for each frame that arrives, after it was noted.</summary>
    public Action<Station, byte[]>? Reply { get; set; }

    public void SendAt(ulong timeNs, byte[] frame)
    {
        _toSend.Add(frame);
        Port.Timeline.Schedule(SimTime.FromNanoseconds(timeNs), EventPriority.Processes, _program, this, (ulong)_toSend.Count - 1);
    }

    public void Handle(Timeline timeline, ulong argument) => Results.Add(Port.Send(_toSend[(int)argument]));

    public void Receive(ReadOnlySpan<byte> frame)
    {
        Deliveries.Add(new Delivery(Port.Timeline.Now.Nanoseconds, Convert.ToHexString(frame)));
        Reply?.Invoke(this, frame.ToArray());
    }
}

/// <summary>Frames that tests send.</summary>
internal static class TestFrame
{
    public static MacAddress Station(int number) => new(0x0200_0000_0000UL | (uint)number);

    public static byte[] Make(MacAddress destination, MacAddress source, params byte[] payload)
    {
        var frame = new byte[Port.FrameSizeMin + payload.Length];
        destination.Write(frame);
        source.Write(frame.AsSpan(MacAddress.Size));
        frame[12] = 0x88; // local experimental EtherType 0x88b5
        frame[13] = 0xb5;
        payload.CopyTo(frame.AsSpan(Port.FrameSizeMin));
        return frame;
    }
}
