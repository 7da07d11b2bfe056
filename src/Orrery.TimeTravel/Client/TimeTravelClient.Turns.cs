using Orrery.Posix;
using Orrery.Simulation;

namespace Orrery.TimeTravel;

/// <summary>Turns and time.</summary>
public sealed partial class TimeTravelClient
{
    private ulong _freeUntil;
    private SimTime _publishedTime;
    private bool _isRequestPublished;

    /// <summary>
    /// Moves to <paramref name="time"/>: <see cref="RequestAt"/> and <see cref="WaitUntilRun"/>.
    /// </summary>
    /// <returns>Whether it has the turn, at <see cref="Now"/>.</returns>
    public bool AdvanceTo(SimTime time) => RequestAt(time) && WaitUntilRun();

    /// <summary>
    /// Asks for its next turn at <paramref name="time"/>, instead of at the time asked for before. While it has the turn, the
    /// calendar is not told of a time before <see cref="FreeUntil"/>.
    /// </summary>
    /// <param name="time">Not before <see cref="Now"/>; <see cref="SimTime.Never"/> asks for none.</param>
    /// <returns>False when the calendar failed.</returns>
    public bool RequestAt(SimTime time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, Now);
        if (Fault is not null || time == Request)
        {
            return Fault is null;
        }

        Request = time;
        _isRequestPublished = false;
        return (IsRunning && time < FreeUntil) || PublishRequest();
    }

    /// <summary>
    /// Moves to the time that was asked for: at once when it has the turn and that time is before <see cref="FreeUntil"/>; else
    /// it gives the turn back and waits. A handler that runs meanwhile may ask for an earlier time. Without a request it waits
    /// until one asks.
    /// </summary>
    /// <returns>Whether it has the turn, at <see cref="Now"/>.</returns>
    public bool WaitUntilRun()
    {
        if (!CheckRunning())
        {
            return false;
        }

        if (!_isRequestPublished)
        {
            if (Request < FreeUntil)
            {
                Now = Request;
                Request = SimTime.Never;
                return true;
            }

            if (Request != SimTime.Never && !PublishRequest())
            {
                return false;
            }
        }

        GiveTurnBack();
        while (Fault is null && !IsRunning)
        {
            ServeOnce();
        }

        return Fault is null;
    }

    /// <summary>
    /// Serves the <see cref="Reactor"/> until <paramref name="condition"/> holds, for instance until a peer has answered. Calendar
    /// messages are handled meanwhile: <see cref="FreeUntil"/> may have changed afterwards.
    /// </summary>
    /// <returns>False when the calendar failed.</returns>
    public bool Serve(Func<bool> condition)
    {
        while (Fault is null && !condition())
        {
            ServeOnce();
        }

        return Fault is null;
    }

    /// <summary>
    /// While it waits and is called by whoever has the turn (a kick): its time becomes the calendar's. While it has the turn,
    /// its time is its own, and nothing happens.
    /// </summary>
    public bool Synchronize()
    {
        if (Fault is not null || IsRunning)
        {
            return Fault is null;
        }

        ulong time;
        if (_memory is { } memory)
        {
            time = memory.CurrentTime;
        }
        else if (!Ask(TimeTravelOperation.Get, ulong.MaxValue, out time))
        {
            return false;
        }

        return IsRunning || MoveTo(time);
    }

    /// <summary>
    /// Publishes its time. To be called before every effect on another participant: a kick, a call, a message. Only with the
    /// turn.
    /// </summary>
    public bool Update()
    {
        if (!CheckRunning())
        {
            return false;
        }

        if (_memory is { } memory)
        {
            if (!memory.ShowsOwnTurn)
            {
                return Fail(CalendarRule.ShowsWhoRuns, "shows somebody else's turn in the schedule memory while this client has it");
            }

            memory.CurrentTime = Now.Nanoseconds;
            return true;
        }

        if (_publishedTime == Now)
        {
            return true;
        }

        _publishedTime = Now;
        return Ask(TimeTravelOperation.Update, Now.Nanoseconds, out _);
    }

    /// <summary>The wall clock of the simulation, in nanoseconds since 1970.</summary>
    public bool TryGetTimeOfDay(out ulong nanoseconds) =>
        Ask(TimeTravelOperation.GetTimeOfDay, ulong.MaxValue, out nanoseconds);

    private bool PublishRequest()
    {
        _isRequestPublished = true;
        if (_memory is not { } memory)
        {
            return Ask(TimeTravelOperation.Request, Request.Nanoseconds, out _);
        }

        if (Request == SimTime.Never)
        {
            memory.ClearRequest();
            return true;
        }

        if (memory.IsHolderCapable)
        {
            memory.WriteRequest(Request.Nanoseconds);
            return true;
        }

        return Ask(TimeTravelOperation.Request, memory.ToMemoryTime(Request.Nanoseconds), out _);
    }

    private void GiveTurnBack()
    {
        IsRunning = false;
        if (UsesMemory)
        {
            // The socket carries the hand-over; the fence puts everything written before it.
            Interlocked.MemoryBarrier();
            Tell(TimeTravelOperation.Wait, ulong.MaxValue);
        }
        else
        {
            _freeUntil = 0;

            // Only the calendar is read until WAIT is acknowledged: others may run already, and use our other sockets.
            Ask(TimeTravelOperation.Wait, ulong.MaxValue, out _);
        }
    }

    private void ServeOnce()
    {
        // What came with an acknowledgement is not announced by the reactor again.
        if (_stream.TryTake(out TimeTravelMessage message))
        {
            Handle(message);
        }
        else
        {
            Reactor.RunOnce(-1);
        }
    }

    private bool CheckRunning()
    {
        if (Fault is not null)
        {
            return false;
        }

        return IsRunning ? true : throw new InvalidOperationException("Only whoever has the turn may do this.");
    }

    private bool MoveTo(ulong nanoseconds)
    {
        if (nanoseconds >= long.MaxValue || nanoseconds < Now.Nanoseconds)
        {
            return Fail(CalendarRule.MovesForward, $"moved time from {Now.Nanoseconds} to {nanoseconds} ns");
        }

        Now = SimTime.FromNanoseconds(nanoseconds);
        return true;
    }

    private void OnRun(TimeTravelMessage message)
    {
        if (IsRunning || Request == SimTime.Never)
        {
            Fail(CalendarRule.RunsWhoWaits, $"sent {message}, but this client {(IsRunning ? "has the turn" : "has asked for none")}");
            return;
        }

        // With memory the time stands there; what the message says differs between calendars.
        ulong time = _memory?.CurrentTime ?? message.Time;
        if (time != Request.Nanoseconds)
        {
            Fail(CalendarRule.RunsAtTheRequestedTime, $"granted a turn at {time} ns instead of {Request.Nanoseconds} ns");
            return;
        }

        if (_memory is { ShowsOwnTurn: false })
        {
            Fail(CalendarRule.ShowsWhoRuns, "granted a turn that the schedule memory does not show");
            return;
        }

        if (MoveTo(time))
        {
            _memory?.ClearRequest();
            _publishedTime = Now;
            Request = SimTime.Never;
            _isRequestPublished = false;
            IsRunning = true;
        }
    }
}
