using Orrery.Simulation;
using Xunit;

namespace Orrery.Network.Tests.Checkpoints;

/// <summary>Networks that are saved with frames on their way, and restored into a fabric that was built anew.</summary>
public class FabricCheckpointTests
{
    private static readonly SimDuration Delay = SimDuration.FromSeconds(1);

    /// <summary>Two ports on a wire; one more on a switch with the second, so that there is something to learn.</summary>
    private sealed class Lab : IFrameReceiver
    {
        public Lab()
        {
            Simulator = new Simulator();
            Timeline timeline = Simulator.AddTimeline("all");
            Fabric = new Fabric(Simulator);
            Sender = Fabric.AddPort("a.eth0", timeline);
            Port receiver = Fabric.AddPort("b.eth0", timeline);
            receiver.Receiver = this;
            Switched = Fabric.AddPort("c.eth0", timeline);
            Fabric.AddLink("a-b", Sender, receiver, Delay);
            Fabric.AddSegment("lan", [Switched, Fabric.AddPort("d.eth0", timeline)], Delay);
        }

        public Simulator Simulator { get; }

        public Fabric Fabric { get; }

        public Port Sender { get; }

        public Port Switched { get; }

        public List<(SimTime Time, int Length)> Received { get; } = [];

        public void Receive(ReadOnlySpan<byte> frame) => Received.Add((Simulator.Timelines[0].Now, frame.Length));

        public (SimulationState Simulation, FabricState Networks) Save()
        {
            var checkpoint = new FabricCheckpoint(Fabric, new HandlerDirectory());
            SimulationState? simulation = Simulator.Save(checkpoint, out string error);
            Assert.True(simulation is not null, error);
            return (simulation, checkpoint.Save());
        }

        public static Lab Of((SimulationState Simulation, FabricState Networks) state)
        {
            var lab = new Lab();
            var handlers = new HandlerDirectory();
            Assert.Null(FabricCheckpoint.Restore(lab.Fabric, state.Networks, state.Simulation, handlers));
            Assert.True(lab.Simulator.TryRestore(state.Simulation, handlers, out string error), error);
            return lab;
        }
    }

    [Fact]
    public void Frames_arrive_when_they_would_have()
    {
        var lab = new Lab();
        Assert.Equal(SendResult.Sent, lab.Sender.Send(TestFrame.Make(TestFrame.Station(2), TestFrame.Station(1), 1, 2, 3)));
        lab.Simulator.Run(SimTime.FromMilliseconds(300));
        Assert.Equal(SendResult.Sent, lab.Sender.Send(TestFrame.Make(TestFrame.Station(2), TestFrame.Station(1), 4)));

        Lab restored = Lab.Of(lab.Save());
        restored.Simulator.Run(SimTime.Never);
        Assert.Equal([(SimTime.FromSeconds(1), 17), (SimTime.FromMilliseconds(1300), 15)], restored.Received);
        Assert.Equal(2UL, restored.Sender.SentCount);
    }

    [Fact]
    public void A_wire_that_was_full_is_full()
    {
        var lab = new Lab();
        var large = new byte[Port.FrameSizeMax];
        while (lab.Sender.Send(large) == SendResult.Sent)
        {
        }

        Lab restored = Lab.Of(lab.Save());
        Assert.Equal(SendResult.Lost, restored.Sender.Send(large));
        restored.Simulator.Run(SimTime.FromSeconds(2));
        Assert.Equal(SendResult.Sent, restored.Sender.Send(large));
    }

    [Fact]
    public void A_switch_knows_whom_it_has_seen()
    {
        var lab = new Lab();
        lab.Switched.Send(TestFrame.Make(TestFrame.Station(2), TestFrame.Station(1)));
        lab.Simulator.Run(SimTime.FromSeconds(5));
        (SimulationState Simulation, FabricState Networks) saved = lab.Save();
        StationState station = Assert.Single(Assert.Single(saved.Networks.Segments).Stations);
        Assert.Equal((TestFrame.Station(1).ToString(), 0), (station.Address, station.Port));
        Assert.Equal(saved.Networks.Segments[0].Stations, Lab.Of(saved).Save().Networks.Segments[0].Stations);
    }
}
