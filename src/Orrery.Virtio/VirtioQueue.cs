using System.Diagnostics;

namespace Orrery.Virtio;

/// <summary>
/// One ring of a device. It is empty for the device while the driver has not set it up, has it disabled (suspended), or
/// has broken a rule.
/// </summary>
public sealed class VirtioQueue
{
    private readonly VirtioTransport _owner;
    private readonly DescriptorChain _chain = new();
    private SplitRing? _ring;
    private int _budget;

    internal VirtioQueue(VirtioTransport owner, int index)
    {
        _owner = owner;
        Index = index;
    }

    /// <summary>The ring's number, as its device class counts them.</summary>
    public int Index { get; }

    /// <summary>
    /// Whether the device wants to be told of new buffers. A receive ring is looked at when there is something to deliver,
    /// so its device says false and spares the guest the kicks.
    /// </summary>
    public bool KicksWanted { get; set; } = true;

    /// <summary>The driver has enabled the ring.</summary>
    public bool IsEnabled { get; private set; }

    /// <summary>The driver has set the ring up since it last started over.</summary>
    internal bool IsSetUp => _ring is not null;

    /// <summary>Completions that the driver wants to be called about and has not been.</summary>
    internal bool CallPending { get; set; }

    /// <summary>Buffers may be waiting that no kick will report: the ring was disabled when they came.</summary>
    internal bool LookAgain { get; set; }

    /// <summary>Buffers taken since the ring was set up, modulo 2^16. Only of a ring that is set up.</summary>
    internal ushort NextAvailable => _ring!.NextAvailable;

    /// <summary>Takes the next buffer. It goes back with <see cref="Complete"/>, before the next one is taken.</summary>
    /// <returns>False when there is none.</returns>
    public bool TryTake(out DescriptorChain chain)
    {
        chain = _chain;
        if (!IsEnabled || _ring is null || !_owner.IsUsable)
        {
            return false;
        }

        if (_budget-- <= 0)
        {
            // The driver makes buffers available while its kick is served: the rest comes with the next.
            LookAgain = true;
            return false;
        }

        RingResult result = _ring.TryTake(_chain);
        if (result == RingResult.Broken)
        {
            _owner.Fail(_ring.BrokenRule, $"ring {Index}: {_ring.Problem}");
        }

        return result == RingResult.Taken;
    }

    /// <summary>Gives a buffer back, with what was written to it. The driver sees it after <see cref="Publish"/>.</summary>
    public void Complete(DescriptorChain chain)
    {
        Debug.Assert(chain == _chain, "a buffer of another ring");
        if (IsEnabled)
        {
            _ring?.Complete(chain);
        }
    }

    /// <summary>Shows completed buffers to the driver and sees to it that it is called if it wants to be.</summary>
    public void Publish()
    {
        if (!IsEnabled || _ring is null || !_owner.IsUsable)
        {
            return;
        }

        bool wanted = _ring.Publish();
        _ring.SetKicksWanted(KicksWanted);
        if (wanted && !CallPending)
        {
            CallPending = true;
            _owner.CallRequested();
        }
    }

    /// <summary>Stops the device with a broken rule: the driver has put the wrong kind of buffer on this ring.</summary>
    public void Reject(string found) => _owner.Fail(VirtioRule.BufferDirection, $"ring {Index}: {found}");

    /// <summary>Allows one more queue's length of buffers to be taken, so that no driver keeps the device for ever.</summary>
    internal void RenewBudget() => _budget = _ring?.Size ?? 0;

    internal void SetUp(SplitRing ring) => _ring = ring;

    internal void Enable()
    {
        IsEnabled = true;
        _ring!.SetKicksWanted(KicksWanted);

        // The guest's time is not known here (nothing is propagated before this message), so nothing can be taken now.
        LookAgain = true;
    }

    /// <summary>Takes over what was saved, with every buffer before <paramref name="nextAvailable"/> given back.</summary>
    internal void Restore(RingState state, ushort nextAvailable)
    {
        _ring!.RestartAt(nextAvailable);
        (IsEnabled, KicksWanted) = (state.Enabled, state.KicksWanted);
        (CallPending, LookAgain) = (state.CallPending, state.LookAgain);
    }

    internal void Disable()
    {
        IsEnabled = false;
        CallPending = false;
    }

    internal void TearDown()
    {
        Disable();
        LookAgain = false;
        _ring = null;
    }
}
