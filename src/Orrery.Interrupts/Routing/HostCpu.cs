namespace Orrery.Interrupts.Routing;

/// <summary>
/// A physical CPU's virtual timer and its interrupt, in the bits above those of a <see cref="Vcpu"/>: who has the timer,
/// and what keeps its interrupt away.
/// </summary>
public struct HostCpu(ulong word)
{
    /// <summary>Nobody, for <see cref="Current"/> and <see cref="CvalOwner"/>.</summary>
    public const int Nobody = -1;

    private const int First = 57;

    private ulong _word = word & ~Vcpu.Mask;

    /// <summary>The packed form.</summary>
    public readonly ulong Bits => _word;

    /// <summary>The vCPU that the CPU runs (KVM's running vCPU), or <see cref="Nobody"/>.</summary>
    public int Current { readonly get => Index(0); set => SetIndex(0, value); }

    /// <summary>
    /// The vCPU whose CVAL is in the hardware, or <see cref="Nobody"/>. Kept only with <see cref="Rule.CvalBeforeCtl"/>
    /// broken: in the right order, CTL is never on with another's CVAL.
    /// </summary>
    public int CvalOwner { readonly get => Index(2); set => SetIndex(2, value); }

    /// <summary>The physical interrupt is active: acknowledged or made so, and not deactivated.</summary>
    public bool Active { readonly get => Get(4); set => Set(4, value); }

    /// <summary>The physical interrupt is disabled at the host's controller.</summary>
    public bool Disabled { readonly get => Get(5); set => Set(5, value); }

    /// <summary>The interrupt of a timer that is off by now has not been retired yet.</summary>
    public bool IsLate { readonly get => Get(6); set => Set(6, value); }

    /// <summary>A high line does not interrupt.</summary>
    public readonly bool IsGated => Active || Disabled;

    /// <summary>The line has risen and the host has not taken the interrupt yet.</summary>
    public readonly bool IsAboutToInterrupt(in Vcpu vcpu) => vcpu.Line && !IsGated;

    /// <summary>K8: the vCPU's timer leaves the hardware and the CPU is free; an interrupt may still be on its way.</summary>
    public void Put(ref Vcpu vcpu, Place then)
    {
        IsLate = IsAboutToInterrupt(vcpu);
        Current = Nobody;

        vcpu.Cached = false; // derived anew at the next load, and read by nobody until then
        vcpu.Place = then;
    }

    /// <summary>That interrupt arrives when no vCPU runs: it is acknowledged, and nothing else (window W18).</summary>
    /// <param name="staysActive">The host deactivates nothing that it has forwarded.</param>
    public void IgnoreLateInterrupt(bool staysActive)
    {
        IsLate = false;
        Active |= staysActive;
    }

    private readonly bool Get(int bit) => (_word >> (First + bit) & 1) != 0;

    private void Set(int bit, bool value) =>
        _word = (_word & ~(1UL << (First + bit))) | ((value ? 1UL : 0) << (First + bit));

    private readonly int Index(int bit) => (int)(_word >> (First + bit) & 3) - 1;

    private void SetIndex(int bit, int value) =>
        _word = (_word & ~(3UL << (First + bit))) | ((ulong)(value + 1) << (First + bit));
}
