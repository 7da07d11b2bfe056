using Orrery.Machines.Stack;
using Orrery.Network;

namespace Orrery.Machines.Tests.Stack;

/// <summary>Two stacks on one wire without delay; frames and timers wait until the test lets them happen.</summary>
internal sealed class StackPair
{
    private readonly Queue<(int To, byte[] Frame)> _wire = new();

    public StackPair()
    {
        Left = new End(this, 0, "10.0.0.1", "fd00::1");
        Right = new End(this, 1, "10.0.0.2", "fd00::2");
    }

    public End Left { get; }

    public End Right { get; }

    public ulong Now { get; set; }

    /// <summary>Every frame that was sent, in order.</summary>
    public List<byte[]> Sent { get; } = [];

    /// <summary>Loses frames while set.</summary>
    public bool Cut { get; set; }

    /// <summary>Delivers frames until none is left.</summary>
    public void Settle()
    {
        for (int limit = 1000; _wire.TryDequeue(out (int To, byte[] Frame) next); limit--)
        {
            Assert.True(limit > 0, "frames without end");
            (next.To == 0 ? Left : Right).Stack.Receive(0, next.Frame);
        }
    }

    /// <summary>Moves time on, with the timers that are due on the way.</summary>
    public void Pass(ulong nanoseconds)
    {
        ulong end = Now + nanoseconds;
        while (Math.Min(Left.TimerAt, Right.TimerAt) is var due && due <= end)
        {
            Now = due;
            End ringing = Left.TimerAt == due ? Left : Right;
            ringing.TimerAt = ulong.MaxValue;
            ringing.Stack.OnTimer();
            Settle();
        }

        Now = end;
    }

    internal sealed class End : IStackHost, IStackUser
    {
        private readonly StackPair _pair;
        private readonly int _index;

        public End(StackPair pair, int index, string v4, string v6)
        {
            _pair = pair;
            _index = index;
            V4 = IpAddress.From(System.Net.IPAddress.Parse(v4));
            V6 = IpAddress.From(System.Net.IPAddress.Parse(v6));
            Stack = new NetworkStack(
                this, this,
                [new StackInterface(0, new MacAddress(0x020000000001 + (ulong)index), [new(V4, 24), new(V6, 64)])]);
        }

        public NetworkStack Stack { get; }

        public IpAddress V4 { get; }

        public IpAddress V6 { get; }

        public ulong TimerAt { get; set; } = ulong.MaxValue;

        public List<(IpAddress Source, ushort Sequence, byte[] Payload)> EchoReplies { get; } = [];

        public List<(IpAddress Source, ushort Port, byte[] Payload)> Datagrams { get; } = [];

        public List<IpAddress> Unreachable { get; } = [];

        public ushort? ListensAt { get; set; }

        public ulong Now => _pair.Now;

        public void Transmit(int networkInterface, ReadOnlySpan<byte> frame)
        {
            _pair.Sent.Add(frame.ToArray());
            if (!_pair.Cut)
            {
                _pair._wire.Enqueue((1 - _index, frame.ToArray()));
            }
        }

        public void SetStackTimer(ulong due) => TimerAt = Math.Min(TimerAt, due);

        public void OnEchoReply(IpAddress source, ushort identifier, ushort sequence, ReadOnlySpan<byte> payload)
            => EchoReplies.Add((source, sequence, payload.ToArray()));

        public bool OnDatagram(IpAddress source, ushort sourcePort, ushort destinationPort, ReadOnlySpan<byte> payload)
        {
            if (destinationPort != ListensAt)
            {
                return false;
            }

            Datagrams.Add((source, sourcePort, payload.ToArray()));
            return true;
        }

        public void OnUnreachable(IpAddress destination) => Unreachable.Add(destination);
    }
}
