using System.Diagnostics;
using Orrery.Posix;
using Orrery.Simulation;
using Orrery.Virtio;

namespace Orrery.Cli.Controller;

/// <summary>
/// The network alone, in real time, for guests that keep no simulated time (<c>--wallclock-network</c>). It runs until it is
/// killed.
/// </summary>
internal sealed class WallClockNetwork(ControllerSettings settings, Action<string> complain)
{
    private const int UsageError = 2;

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Simulator _simulator = new();

    /// <summary>Serves for ever.</summary>
    /// <returns>The exit status, when the socket cannot be made.</returns>
    public int Run()
    {
        using var reactor = new Reactor();
        Timeline timeline = _simulator.AddTimeline("network");
        Origin origin = _simulator.AddOrigin("network");
        var frameSwitch = new FrameSwitch(timeline, origin, settings.NetworkDelay, () => Now);
        using var server = NetworkServer.Open(
            settings.NetworkSocket!, frameSwitch, reactor, HostOf, complain, out string? problem);
        CardHost HostOf(FileDescriptor connection)
        {
            var guest = new RealTimeGuest(timeline, origin, () => Now);
            return new CardHost(guest, guest);
        }

        if (server is null)
        {
            complain(problem!);
            return UsageError;
        }

        while (true)
        {
            _simulator.Run(SimTime.Max(Now, _simulator.Now));
            reactor.RunOnce(MillisecondsTo(timeline.NextEventTime));
        }
    }

    private SimTime Now => SimTime.FromNanoseconds((ulong)Stopwatch.GetElapsedTime(_start).Ticks * TimeSpan.NanosecondsPerTick);

    private int MillisecondsTo(SimTime time)
    {
        if (time == SimTime.Never)
        {
            return -1;
        }

        SimTime now = Now;
        return time <= now ? 0 : (int)Math.Min(((time - now).Nanoseconds + 999_999) / 1_000_000, int.MaxValue);
    }

    /// <summary>
    /// A guest in real time may speak whenever it likes. Only a card about to interrupt it must be told that it does not have
    /// the turn; while the card waits for the answer, the guest may be in a kick, and wait for the card.
    /// </summary>
    private sealed class RealTimeGuest(Timeline timeline, Origin origin, Func<SimTime> clock) : IGuestClock, IDeviceScheduler, IEventHandler
    {
        private VirtioTransport? _card;

        public bool IsRunning { get; private set; } = true;

        public bool Synchronize() => true;

        public void BeginInterrupt() => IsRunning = true;

        public void EndInterrupt()
        {
        }

        public void RequestFlush(VirtioTransport transport, ulong delayNanoseconds)
        {
            _card = transport;
            timeline.Schedule(
                SimTime.Max(clock(), timeline.Now) + SimDuration.FromNanoseconds(delayNanoseconds), EventPriority.Devices, origin, this);
        }

        public void Handle(Timeline now, ulong argument)
        {
            IsRunning = false;
            _card!.Flush();
            IsRunning = true;
        }
    }
}
