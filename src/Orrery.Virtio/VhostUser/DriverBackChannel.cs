using System.Buffers.Binary;
using Orrery.Posix;

namespace Orrery.Virtio;

/// <summary>
/// The driver's end of a device's back channel. It is read at once, outside simulated time, whatever the machine does: each
/// message is put on the calendar and then answered.
/// </summary>
internal sealed class DriverBackChannel : IReadinessHandler, IDisposable
{
    /// <summary>Before everything else.</summary>
    internal const int Urgency = 0;

    private readonly FileDescriptor _socket;
    private readonly Reactor _reactor;
    private readonly VhostUserDriver _owner;
    private readonly MessageReader _reader = new();
    private readonly int _token;
    private bool _closed;

    internal DriverBackChannel(FileDescriptor socket, Reactor reactor, VhostUserDriver owner)
    {
        _socket = socket;
        _reactor = reactor;
        _owner = owner;
        _token = reactor.Add(socket, this, Urgency);
    }

    /// <inheritdoc/>
    public void OnReadable()
    {
        ReadResult result = _reader.Receive(_socket);
        while (result == ReadResult.Message && !_closed)
        {
            Serve(_reader.Header);
            result = _reader.Next();
        }

        if (result == ReadResult.Broken)
        {
            _owner.Fail(_reader.BrokenRule, _reader.Problem);
        }
        else if (result == ReadResult.Closed)
        {
            _owner.DeviceGone();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_closed)
        {
            _closed = true;
            _reactor.Remove(_token);
            _socket.Dispose();
            _reader.Dispose();
        }
    }

    private void Serve(VhostUserHeader header)
    {
        if (header.Flags is not (VhostUserHeader.Plain or VhostUserHeader.NeedsReply) || _reader.DescriptorCount != 0)
        {
            _owner.Fail(VirtioRule.MessageHeader, $"{header} with {_reader.DescriptorCount} descriptors on the back channel");
            return;
        }

        bool known = true;
        switch ((VhostUserNotification)header.Request, header.PayloadBytes)
        {
            case (VhostUserNotification.VringCall, VhostUserPayload.VringState):
                uint index = BinaryPrimitives.ReadUInt32LittleEndian(_reader.Payload);
                if (index >= (uint)_owner.Queues.Count)
                {
                    _owner.Fail(VirtioRule.RingIndex, $"a call for ring {index} of a driver with {_owner.Queues.Count}");
                    return;
                }

                _owner.Interrupted(1UL << (int)index, configuration: false);
                break;
            case (VhostUserNotification.ConfigurationChange, 0):
                _owner.Interrupted(0, configuration: true);
                break;
            case (VhostUserNotification.VringCall or VhostUserNotification.ConfigurationChange, _):
                _owner.Fail(VirtioRule.PayloadSize, $"{header} on the back channel");
                return;
            default:
                known = false;
                break;
        }

        if (header.Flags == VhostUserHeader.NeedsReply && !_closed)
        {
            Answer(header.Request, known ? 0UL : 1UL);
        }
    }

    private void Answer(uint request, ulong status)
    {
        Span<byte> message = stackalloc byte[VhostUserHeader.ShortMessageBytes];
        VhostUserHeader.WriteShort(message, request, VhostUserHeader.Reply, status);
        int sent = UnixSocket.Send(_socket, message);
        if (sent != message.Length)
        {
            if (Errno.IsDisconnect(sent))
            {
                _owner.DeviceGone();
            }
            else
            {
                _owner.Fail(VirtioRule.PeerReads, "the device does not take answers on its back channel");
            }
        }
    }
}
