using System.Buffers.Binary;
using Orrery.Machines.Interrupts;
using Orrery.Machines.Programs;
using Orrery.Machines.Stack;
using Orrery.Machines.Tests.Stack;
using Orrery.Network;
using Orrery.Simulation;
using Orrery.Virtio;

namespace Orrery.Machines.Tests.Interrupts;

/// <summary>One machine with a network card and a serial line, and a test in the place of its devices and its program.</summary>
internal sealed class MachineBench : IMachineObserver, IGuestClock
{
    public const ushort Port = 9;

    private static readonly byte[] Template = DatagramToRight();

    private readonly Origin _deviceOrigin;

    public MachineBench(MachineChip chip = MachineChip.GicV3, SimDuration latency = default)
    {
        Simulator = new Simulator(new SimulatorOptions { EpochLength = SimDuration.FromMilliseconds(1) });
        Timeline = Simulator.AddTimeline("machine");
        Origin origin = Simulator.AddOrigin("machine");
        _deviceOrigin = Simulator.AddOrigin("devices");
        Machine = new Machine(
            new MachineOptions { Name = "machine", Chip = chip, InterruptLatency = latency }, Timeline, origin, this);
        var mac = new MacAddress(0x020000000002);
        var address = new byte[MacAddress.Size];
        mac.Write(address);
        Card = new VirtioNetDevice(address, 1500, new Nowhere());
        var device = new InProcessDevice("card", Card, this, new Scheduler(this), fault => Faults.Add(fault.ToString()));
        Machine.Add(new NetworkCard(
            host => new InProcessDriver("card", device, host), mac,
            [new StackAddress(IpAddress.From(System.Net.IPAddress.Parse("10.0.0.2")), 24)]));
        Program = new Recorder(this);
        Machine.Boot(SimTime.Zero, Program);
    }

    public Simulator Simulator { get; }

    public Timeline Timeline { get; }

    public Machine Machine { get; }

    public VirtioNetDevice Card { get; }

    public Recorder Program { get; }

    public List<string> Faults { get; } = [];

    bool IGuestClock.IsRunning => Machine.IsInTurn;

    /// <summary>A device does something at a time.</summary>
    public void At(ulong nanoseconds, Action action)
        => Timeline.Schedule(SimTime.FromNanoseconds(nanoseconds), EventPriority.Frames, _deviceOrigin, new Call(action));

    /// <summary>The machine does something in its turn.</summary>
    public void InTurnAt(ulong nanoseconds, Action action) => Program.Plan(nanoseconds, action);

    /// <summary>A frame with a number for the program reaches the card.</summary>
    /// <returns>False when the card has no room for it: it is lost.</returns>
    public bool Deliver(uint number)
    {
        byte[] frame = [.. Template];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(^4), number);
        return Card.Deliver(frame);
    }

    public void Run() => Simulator.Run(SimTime.Never);

    public void OnBooted()
    {
    }

    public void OnOutput(ReadOnlySpan<byte> bytes)
    {
    }

    public void OnExit(int code)
    {
    }

    public void OnFault(MachineFault fault) => Faults.Add(fault.ToString());

    bool IGuestClock.Synchronize() => true;

    void IGuestClock.BeginInterrupt()
    {
    }

    void IGuestClock.EndInterrupt()
    {
    }

    // The datagram's checksum is left out (zero), so that its number can be changed.
    private static byte[] DatagramToRight()
    {
        var pair = new StackPair();
        pair.Left.Stack.SendDatagram(pair.Right.V4, Port, Port, new byte[4]);
        pair.Settle();
        byte[] frame = pair.Sent[^2]; // what follows it says that nobody listens
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(14 + 20 + 6), 0);
        return frame;
    }

    /// <summary>What reached the program, and when.</summary>
    internal sealed class Recorder(MachineBench bench) : MachineProgram
    {
        private readonly List<(ulong At, Action Action)> _plan = [];

        public List<(uint Number, SimTime Time)> Datagrams { get; } = [];

        /// <summary>Done when a datagram comes, inside the handler of the card's interrupt.</summary>
        public Action? Reaction { get; set; }

        /// <summary>Done when something is typed, inside the handler of the serial line's interrupt.</summary>
        public Action? ReactionToTyping { get; set; }

        public List<(byte Value, SimTime Time)> Typed { get; } = [];

        public void Plan(ulong nanoseconds, Action action) => _plan.Add((nanoseconds, action));

        protected override void OnStart()
        {
            for (int i = 0; i < _plan.Count; i++)
            {
                Machine.SetTimer(SimDuration.FromNanoseconds(_plan[i].At), (ulong)i);
            }
        }

        protected internal override void OnTimer(ulong argument) => _plan[(int)argument].Action();

        protected internal override bool OnDatagram(IpAddress source, ushort sourcePort, ushort destinationPort, ReadOnlySpan<byte> payload)
        {
            Datagrams.Add((BinaryPrimitives.ReadUInt32BigEndian(payload), Machine.Now));
            Assert.True(bench.Machine.IsInTurn);
            Reaction?.Invoke();
            return true;
        }

        protected internal override void OnSerialInput(ReadOnlySpan<byte> bytes)
        {
            foreach (byte value in bytes)
            {
                Typed.Add((value, Machine.Now));
            }

            ReactionToTyping?.Invoke();
        }
    }

    private sealed class Call(Action action) : IEventHandler
    {
        public void Handle(Timeline timeline, ulong argument) => action();
    }

    private sealed class Scheduler(MachineBench bench) : IDeviceScheduler, IEventHandler
    {
        private VirtioTransport? _transport;

        public void RequestFlush(VirtioTransport transport, ulong delayNanoseconds)
        {
            _transport = transport;
            bench.Timeline.Schedule(
                bench.Timeline.Now + SimDuration.FromNanoseconds(delayNanoseconds), EventPriority.Devices, bench._deviceOrigin, this);
        }

        public void Handle(Timeline timeline, ulong argument) => _transport!.Flush();
    }

    private sealed class Nowhere : INetworkBackend
    {
        public void Transmit(ReadOnlySpan<byte> frame)
        {
        }
    }
}
