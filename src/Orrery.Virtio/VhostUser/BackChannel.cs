using System.Numerics;
using Orrery.Posix;

namespace Orrery.Virtio;

/// <summary>
/// The device's own channel to its driver: calls and configuration changes, and the driver's answers
/// (vhost-user, "Back-end communication").
/// </summary>
internal sealed class BackChannel : IReadinessHandler, IDisposable
{
    /// <summary>Answers are what somebody waits for: nothing is more urgent.</summary>
    private const int Urgency = 0;

    private readonly byte[] _answer = new byte[VhostUserHeader.ShortMessageBytes];
    private readonly FileDescriptor _socket;
    private readonly Reactor _reactor;
    private readonly VhostUserDevice _owner;
    private readonly int _token;
    private int _answerFilled;
    private int _callsUnanswered;
    private int _changesUnanswered;
    private bool _closed;

    /// <summary>Serves <paramref name="socket"/>, a connected stream that this object now owns.</summary>
    /// <param name="socket">The channel.</param>
    /// <param name="reactor">Serves the timeline's sockets.</param>
    /// <param name="owner">Told of a broken rule or a guest that is gone; it disposes this object.</param>
    internal BackChannel(FileDescriptor socket, Reactor reactor, VhostUserDevice owner)
    {
        _socket = socket;
        _reactor = reactor;
        _owner = owner;
        _token = reactor.Add(socket, this, Urgency);
    }

    /// <summary>Calls the driver for each ring in <paramref name="calls"/> and tells it of a changed configuration, in one write.</summary>
    internal void Send(ulong calls, bool configuration, bool answered)
    {
        Span<byte> messages = stackalloc byte[(VirtioTransport.QueuesMax + 1) * VhostUserHeader.ShortMessageBytes];
        uint flags = answered ? VhostUserHeader.NeedsReply : VhostUserHeader.Plain;
        int bytes = 0;
        int count = 0;
        for (; calls != 0; calls &= calls - 1)
        {
            // The payload is a ring's state: its index, and a number that means nothing here.
            VhostUserHeader.WriteShort(
                messages[bytes..], (uint)VhostUserNotification.VringCall, flags, (ulong)BitOperations.TrailingZeroCount(calls));
            bytes += VhostUserHeader.ShortMessageBytes;
            count++;
        }

        if (configuration)
        {
            new VhostUserHeader((uint)VhostUserNotification.ConfigurationChange, flags, 0).Write(messages[bytes..]);
            bytes += VhostUserHeader.Bytes;
        }

        if (answered)
        {
            _callsUnanswered += count;
            _changesUnanswered += configuration ? 1 : 0;
        }

        int sent = UnixSocket.Send(_socket, messages[..bytes]);
        if (sent != bytes)
        {
            if (Errno.IsDisconnect(sent))
            {
                _owner.GuestGone();
            }
            else
            {
                _owner.Fail(VirtioRule.PeerReads, "the guest does not take interrupts on its back channel");
            }
        }
    }

    /// <summary>Serves the timeline's sockets until all calls are answered.</summary>
    internal void WaitForAnswers(int limitMilliseconds)
    {
        var limit = new WaitLimit(limitMilliseconds);
        while (_callsUnanswered + _changesUnanswered > 0 && !_closed)
        {
            int slice = limit.Next();
            if (slice == 0)
            {
                _owner.Fail(VirtioRule.AnswerInTime, $"no answer to an interrupt within {limitMilliseconds} ms");
                return;
            }

            _reactor.RunOnce(slice);
        }
    }

    /// <inheritdoc/>
    public void OnReadable()
    {
        int count = UnixSocket.Receive(_socket, _answer.AsSpan(_answerFilled), wait: false);
        if (count == -Errno.EAGAIN)
        {
            return;
        }

        if (count <= 0)
        {
            _owner.GuestGone();
            return;
        }

        _answerFilled += count;
        if (_answerFilled == _answer.Length)
        {
            _answerFilled = 0;
            CheckAnswer(VhostUserHeader.Read(_answer));
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
        }
    }

    /// <summary>
    /// The status of the answer is not looked at: a driver that has no such ring any more says 1, and a Linux driver does
    /// not set it anew for each message.
    /// </summary>
    private void CheckAnswer(VhostUserHeader header)
    {
        ref int unanswered = ref _callsUnanswered;
        if (header.Request == (uint)VhostUserNotification.ConfigurationChange)
        {
            unanswered = ref _changesUnanswered;
        }
        else if (header.Request != (uint)VhostUserNotification.VringCall)
        {
            _owner.Fail(VirtioRule.Answer, $"an answer to request {header.Request} on the back channel, which was not asked");
            return;
        }

        if (unanswered == 0 || header.Flags != VhostUserHeader.Reply || header.PayloadBytes != VhostUserPayload.Number)
        {
            _owner.Fail(VirtioRule.Answer, $"the answer {header} on the back channel, with {unanswered} awaited");
            return;
        }

        unanswered--;
    }
}
