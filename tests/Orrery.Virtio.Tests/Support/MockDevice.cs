using System.Buffers.Binary;
using Orrery.Posix;

namespace Orrery.Virtio.Tests;

/// <summary>
/// A device made of bytes: it answers a driver's messages over a socket pair, right or wrong as the test wants, and can
/// write anything into the driver's rings.
/// </summary>
internal sealed unsafe class MockDevice : IReadinessHandler, IDisposable
{
    private readonly FileDescriptor _socket;
    private readonly Reactor _reactor;
    private readonly MessageReader _reader = new();
    private readonly int[] _sizes = new int[8];
    private readonly int _token;
    private GuestMemory? _memory;
    private FileDescriptor? _backChannel;
    private bool _closed;

    public MockDevice(FileDescriptor socket, Reactor reactor)
    {
        _socket = socket;
        _reactor = reactor;
        _token = reactor.Add(socket, this, 5);
    }

    public ulong Features { get; set; } = (ulong)(VirtioFeatures.Ring | VirtioFeatures.ProtocolFeatures);

    public ulong ProtocolFeatures { get; set; } = 0x4228;

    /// <summary>Answers a request in place of the right answer; null for the right one, empty for silence.</summary>
    public Func<VhostUserRequest, byte[]?>? Answer { get; set; }

    /// <summary>Done inside a kick, before it is answered.</summary>
    public Action<int>? OnKick { get; set; }

    public RingMemory[] Rings { get; } = new RingMemory[8];

    public FileDescriptor BackChannel => _backChannel!;

    public void OnReadable()
    {
        ReadResult result = _reader.Receive(_socket);
        while (result == ReadResult.Message && !_closed)
        {
            Serve((VhostUserRequest)_reader.Header.Request, _reader.Payload);
            result = _reader.Next();
        }

        if (result is ReadResult.Closed or ReadResult.Broken)
        {
            Dispose();
        }
    }

    /// <summary>Gives a buffer back.</summary>
    public MockDevice Use(int ring, uint id, uint length)
    {
        RingMemory memory = Rings[ring];
        memory.UsedEntry(memory.UsedIndex) = new UsedElement { Id = id, Length = length };
        memory.UsedIndex++;
        return this;
    }

    /// <summary>Says that it has given so many buffers back, and does not say which.</summary>
    public MockDevice Lead(int ring, ushort buffers)
    {
        Rings[ring].UsedIndex += buffers;
        return this;
    }

    public MockDevice Call(int ring, params ReadOnlySpan<int> descriptors)
    {
        byte[] call = MockGuest.Message((uint)VhostUserNotification.VringCall, VhostUserHeader.Plain, MockGuest.State(ring, 0));
        UnixSocket.Send(BackChannel, call, descriptors);
        return this;
    }

    /// <summary>Says something that nobody asked for, where its answers go.</summary>
    public MockDevice Say(ReadOnlySpan<byte> bytes)
    {
        UnixSocket.Send(_socket, bytes);
        return this;
    }

    public void Dispose()
    {
        if (!_closed)
        {
            _closed = true;
            _reactor.Remove(_token);
            _socket.Dispose();
            _backChannel?.Dispose();
            _reader.Dispose();
            _memory?.Dispose();
        }
    }

    private void Serve(VhostUserRequest request, ReadOnlySpan<byte> payload)
    {
        (int index, int value) = payload.Length >= 8
            ? (BinaryPrimitives.ReadInt32LittleEndian(payload), BinaryPrimitives.ReadInt32LittleEndian(payload[4..]))
            : default;
        ulong answer = 0;
        switch (request)
        {
            case VhostUserRequest.GetFeatures:
                answer = Features;
                break;
            case VhostUserRequest.GetProtocolFeatures:
                answer = ProtocolFeatures;
                break;
            case VhostUserRequest.SetBackChannel:
                _backChannel = _reader.TakeDescriptor(0);
                break;
            case VhostUserRequest.SetMemoryTable:
                _memory = GuestMemory.Map([VhostUserPayload.ReadRegion(payload, 0)], [_reader.TakeDescriptor(0)], out _);
                break;
            case VhostUserRequest.SetVringNum:
                _sizes[index] = value;
                break;
            case VhostUserRequest.SetVringAddress:
                RingMemory.Locate(_memory!, VhostUserPayload.ReadVringAddress(payload), _sizes[index], out Rings[index]);
                break;
            case VhostUserRequest.VringKick:
                OnKick?.Invoke(index);
                break;
        }

        if (Answer?.Invoke(request) is byte[] lie)
        {
            UnixSocket.Send(_socket, lie);
        }
        else if (request == VhostUserRequest.GetConfiguration)
        {
            UnixSocket.Send(_socket, MockGuest.Message((uint)request, VhostUserHeader.Reply, payload));
        }
        else if (request != VhostUserRequest.SetOwner)
        {
            UnixSocket.Send(_socket, MockGuest.Message((uint)request, VhostUserHeader.Reply, MockGuest.Number(answer)));
        }
    }
}
