namespace Orrery.Simulation;

/// <summary>How the shares of a group tell each other how far they are.</summary>
internal sealed partial class TimelineShare
{
    /// <summary>Windows after which a share tells the others even if none of them waits for it.</summary>
    private const int WindowsPerExchange = 16;

    private readonly MailBag _outgoing = new();
    private readonly MailBag _inbox = new(); // guarded by the group's lock
    private bool _isWaiting; // guarded by the group's lock
    private Channel? _blamed;
    private int _windows;
    private ulong _attentionAt = ulong.MaxValue;

    /// <summary>
    /// When the running timeline reaches this time (nanoseconds) it must call <see cref="Attend"/>: somebody waits for it,
    /// or the run is to stop.
    /// </summary>
    internal ulong AttentionAt => Volatile.Read(ref _attentionAt);

    /// <summary>The channel whose lookahead makes the share wait, if it is one.</summary>
    internal Channel? Blamed => _blamed;

    /// <summary>Makes the running timeline call <see cref="Attend"/> after its event. From any thread.</summary>
    internal void AskForAttention() => Volatile.Write(ref _attentionAt, 0);

    /// <summary>Looks up from a window that runs, with its timeline between two events or in a turn.</summary>
    /// <returns>False when the run is to stop.</returns>
    internal bool Attend(Timeline timeline)
    {
        _known[timeline.GroupIndex] = timeline.Now.Nanoseconds;
        if (!IsAlone)
        {
            Exchange(willWait: false);
        }

        return !_worker.StopsNow;
    }

    /// <summary>Gives everything that is still on its way to its timeline, with everything standing still.</summary>
    internal void EndEpoch()
    {
        Deliver(_outgoing);
        Deliver(_inbox);
        _isWaiting = false;

        static void Deliver(MailBag bag)
        {
            foreach (ref readonly Mail mail in bag.All)
            {
                mail.To.Receive(mail.Message);
            }

            bag.Clear();
        }
    }

    private void AfterWindow()
    {
        if (++_windows >= WindowsPerExchange || AttentionAt != ulong.MaxValue)
        {
            Exchange(willWait: false);
        }
    }

    /// <summary>
    /// In one step, so that everybody sees a consistent state: takes the mail of the others, tells them the own times and
    /// sends them mail, and learns their times.
    /// </summary>
    /// <param name="willWait">Whether to wait if there is nothing to run afterwards.</param>
    /// <returns>False when the share waits now, or the group is finished.</returns>
    private bool Exchange(bool willWait)
    {
        _windows = 0;
        lock (_group.Lock)
        {
            bool wantedChanges = _isWaiting;
            _isWaiting = false;
            _blamed = null;
            TakeInbox();
            _known.AsSpan(_first, _count).CopyTo(_group.Published.AsSpan(_first));
            SendOutgoing();
            _group.Published.CopyTo(_known, 0);
            _group.IsFinished = Min(_known) >= _group.End;
            wantedChanges |= WakeOthers();
            if (willWait && !_group.IsFinished && !AnyMayRun())
            {
                _isWaiting = true;
                _blamed = FindBlamed();
                wantedChanges = true;
            }

            if (wantedChanges)
            {
                UpdateWanted();
            }

            LookAhead();
            return !_isWaiting && !_group.IsFinished;
        }
    }

    /// <summary>
    /// Mail has been written for a timeline of another share. If that one waits, it gets the mail as soon as it could do
    /// something with it, and not only when the running timeline has come as far as the other wanted before: a guest that sends
    /// for a long time in one turn would keep it waiting all the while.
    /// </summary>
    private void HastenFor(Timeline to, ulong due)
    {
        if (!Volatile.Read(ref to.Share!._isWaiting))
        {
            return; // before it waits it will ask for attention
        }

        ulong wanted = due - _group.DistancesTo(to.GroupIndex)[_running] + 1;
        ulong attentionAt = AttentionAt;
        while (wanted < attentionAt)
        {
            ulong seen = Interlocked.CompareExchange(ref _attentionAt, wanted, attentionAt);
            if (seen == attentionAt)
            {
                return;
            }

            attentionAt = seen;
        }
    }

    private void TakeInbox()
    {
        foreach (ref readonly Mail mail in _inbox.All)
        {
            mail.To.Receive(_worker.IsDisorderly ? mail.Message.Disordered() : mail.Message);
            ref ulong known = ref _known[mail.To.GroupIndex];
            known = Math.Min(known, mail.Message.Due);
        }

        _inbox.Clear();
    }

    private void SendOutgoing()
    {
        foreach (ref readonly Mail mail in _outgoing.All)
        {
            mail.To.Share!._inbox.Add(in mail);
            ref ulong published = ref _group.Published[mail.To.GroupIndex];
            published = Math.Min(published, mail.Message.Due);
        }

        _outgoing.Clear();
    }

    /// <summary>Wakes the shares that can go on now.</summary>
    private bool WakeOthers()
    {
        bool woken = false;
        foreach (TimelineShare share in _group.Shares)
        {
            if (share._isWaiting && (_group.IsFinished || share.AnyMayRun()))
            {
                share._isWaiting = false;
                share._worker.Wake();
                woken = true;
            }
        }

        return woken;
    }

    private bool AnyMayRun()
    {
        for (int member = _first; member < _first + _count; member++)
        {
            if (MayRun(member, _group.Published))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Finds out anew which times the waiting shares wait for.</summary>
    private void UpdateWanted()
    {
        Array.Fill(_group.Wanted, ulong.MaxValue);
        foreach (TimelineShare share in _group.Shares)
        {
            if (share._isWaiting)
            {
                share.Want();
            }
        }

        foreach (TimelineShare share in _group.Shares)
        {
            if (share != this && !share._isWaiting)
            {
                share.AskForAttention(); // so that it looks at what is wanted, and tells what it has not told yet
            }
        }
    }

    private void Want()
    {
        for (int member = _first; member < _first + _count; member++)
        {
            ulong time = _group.Published[member];
            int blocker = _blockers[member - _first];
            if (time < _group.End && blocker != None)
            {
                ref ulong wanted = ref _group.Wanted[blocker];
                wanted = Math.Min(wanted, time - _group.DistancesTo(member)[blocker] + 1);
            }
        }
    }

    /// <summary>Sets when the running timeline is to look up next.</summary>
    private void LookAhead()
    {
        ulong at = _running != None ? _group.Wanted[_running] : Min(_group.Wanted.AsSpan(_first, _count));
        Volatile.Write(ref _attentionAt, at);
        Interlocked.MemoryBarrier();
        if (_worker.StopsNow)
        {
            AskForAttention(); // which may have been overwritten
        }
    }

    private Channel? FindBlamed()
    {
        ReadOnlySpan<ulong> own = _known.AsSpan(_first, _count);
        ulong earliest = Min(own);
        int index = own.IndexOf(earliest);
        return earliest < _group.End && _blockers[index] != None ? _group.LastChannel(_blockers[index], _first + index) : null;
    }

    /// <summary>An event for a timeline of another share.</summary>
    private readonly record struct Mail(Timeline To, Message Message);

    /// <summary>A list that keeps its memory.</summary>
    private sealed class MailBag
    {
        private Mail[] _mail = [];
        private int _count;

        internal ReadOnlySpan<Mail> All => _mail.AsSpan(0, _count);

        internal void Add(in Mail mail)
        {
            if (_count == _mail.Length)
            {
                Array.Resize(ref _mail, Math.Max(16, _count * 2));
            }

            _mail[_count++] = mail;
        }

        internal void Clear()
        {
            _mail.AsSpan(0, _count).Clear(); // lets go of the handlers
            _count = 0;
        }
    }
}
