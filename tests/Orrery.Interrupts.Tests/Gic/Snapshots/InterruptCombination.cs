using Orrery.Interrupts.Gic;
using Orrery.Interrupts.State;

namespace Orrery.Interrupts.Tests.Gic.Snapshots;

/// <summary>One interrupt of one class in one combination of line, latch, active, enabled and trigger.</summary>
internal sealed record InterruptCombination(uint Intid, bool Line, bool Latch, bool Active, bool Enabled, bool Edge)
{
    private const uint Sgi = 5, Ppi = 27, Spi = 40;

    /// <summary>Every combination that exists: SGIs have no line and are edge-triggered, PPIs are level-sensitive.</summary>
    public static IEnumerable<InterruptCombination> All()
    {
        foreach (uint intid in (uint[])[Sgi, Ppi, Spi])
        {
            for (int bits = 0; bits < 32; bits++)
            {
                bool Bit(int i) => (bits >> i & 1) != 0;
                var combination = new InterruptCombination(intid, Bit(0), Bit(1), Bit(2), Bit(3), Bit(4));
                bool exists = intid switch
                {
                    Sgi => combination is { Line: false, Edge: true },
                    Ppi => !combination.Edge,
                    _ => true,
                };
                if (exists)
                {
                    yield return combination;
                }
            }
        }
    }

    public InterruptRef Reference => Orrery.Interrupts.Gic.Intid.IsPrivate(Intid) ? InterruptRef.OnCpu(Intid, 0) : InterruptRef.Shared(Intid);

    /// <summary>
    /// Brings the interrupt of a fresh machine into this state as a guest and a device would; an active one is in its
    /// handler, with its priority running.
    /// </summary>
    public void Reach(Machine machine)
    {
        machine.SetPriority(Intid, 0x40);
        if (Intid >= 32)
        {
            machine.Configure(Intid, Edge);
        }

        machine.Disable(Intid);
        if (Active)
        {
            machine.Enable(Intid);
            Pend(machine);
            machine.Acknowledge();
            machine.Disable(Intid);
        }

        if (Line)
        {
            machine.Line(Intid, true);
        }

        Unpend(machine);
        if (Latch)
        {
            Pend(machine);
        }

        if (Enabled)
        {
            machine.Enable(Intid);
        }
    }

    /// <summary>Sets the latch: an SGI of a GICv2 by sending it.</summary>
    public void Pend(Machine machine)
    {
        if (Intid == Sgi)
        {
            machine.SendSgi(Sgi, from: 0, 0);
        }
        else
        {
            machine.SetPending(Intid);
        }
    }

    private void Unpend(Machine machine)
    {
        if (Intid == Sgi && machine.Gic is Orrery.Interrupts.Gic.V2.GicV2)
        {
            machine.Write(GicFrame.Distributor, 0xF10 + Sgi, 0xFF, width: 1);
        }
        else
        {
            machine.ClearPending(Intid);
        }
    }
}
