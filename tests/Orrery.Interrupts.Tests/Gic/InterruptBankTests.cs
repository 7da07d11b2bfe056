using Orrery.Interrupts.Gic;
using Xunit;

namespace Orrery.Interrupts.Tests.Gic;

/// <summary>The state machine of one interrupt, row by row of the table in docs/irq-state.md.</summary>
public class InterruptBankTests
{
    private const uint Bit = 1u << 5;

    public static TheoryData<string, bool, bool, bool, bool, string> Rows => new()
    {
        // event, edge, line and latch before, active before; (pending, active) after
        { "rise", false, false, false, false, "P" },
        { "rise", false, false, false, true, "AP" },
        { "rise", true, false, false, false, "P" },
        { "rise", true, false, true, false, "P" },
        { "rise", true, false, false, true, "AP" },
        { "fall", false, true, false, false, "I" },
        { "fall", false, true, true, false, "P" },
        { "fall", false, true, false, true, "A" },
        { "fall", false, true, true, true, "AP" },
        { "fall", true, true, true, false, "P" },
        { "fall", true, true, true, true, "AP" },
        { "set pending", false, false, false, false, "P" },
        { "set pending", false, false, false, true, "AP" },
        { "set pending", true, false, false, false, "P" },
        { "set pending", true, false, false, true, "AP" },
        { "clear pending", false, true, true, false, "P" },
        { "clear pending", false, false, true, false, "I" },
        { "clear pending", false, true, false, true, "AP" },
        { "clear pending", true, true, true, false, "I" },
        { "clear pending", true, true, true, true, "A" },
        { "acknowledge", false, false, true, false, "A" },
        { "acknowledge", false, true, false, false, "AP" },
        { "acknowledge", true, true, true, false, "A" },
        { "deactivate", false, false, false, true, "I" },
        { "deactivate", false, true, false, true, "P" },
        { "deactivate", true, true, true, true, "P" },
        { "set active", false, false, false, false, "A" },
        { "set active", false, true, false, false, "AP" },
        { "clear active", false, false, false, true, "I" },
        { "clear active", true, true, true, true, "P" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void Each_event_leads_to_the_state_of_the_table(string what, bool edge, bool line, bool latch, bool active, string after)
    {
        var bank = new InterruptBank
        {
            Edge = edge ? Bit : 0,
            Line = line ? Bit : 0,
            Latch = latch ? Bit : 0,
            Active = active ? Bit : 0,
        };
        switch (what)
        {
            case "rise": bank.SetLine(Bit, true); break;
            case "fall": bank.SetLine(Bit, false); break;
            case "set pending": bank.SetPending(Bit); break;
            case "clear pending": bank.ClearPending(Bit); break;
            case "acknowledge": bank.Acknowledge(Bit); break;
            case "deactivate": bank.Deactivate(Bit); break;
            case "set active": bank.SetActive(Bit); break;
            case "clear active": bank.ClearActive(Bit); break;
        }

        string state = (bank.Active != 0 ? "A" : "") + (bank.Pending != 0 ? "P" : "");
        Assert.Equal(after, state.Length == 0 ? "I" : state);
        Assert.Equal(0u, (bank.Line | bank.Latch | bank.Active) & ~Bit);
    }

    [Fact]
    public void Edges_merge_and_a_line_that_stays_high_is_no_edge()
    {
        var bank = new InterruptBank { Edge = Bit };
        bank.SetLine(Bit, true);
        bank.SetLine(Bit, true);
        bank.Acknowledge(Bit);
        Assert.Equal(0u, bank.Pending);
        bank.SetLine(Bit, true);
        Assert.Equal(0u, bank.Pending);
        bank.SetLine(Bit, false);
        bank.SetLine(Bit, true);
        Assert.Equal(Bit, bank.Pending);
    }

    [Fact]
    public void Thirty_two_interrupts_move_independently()
    {
        var bank = new InterruptBank { Edge = 0xAAAA_AAAA, Enabled = uint.MaxValue };
        bank.SetLine(0x0000_FFFF, true);
        Assert.Equal(0x0000_FFFFu, bank.Pending);
        bank.Acknowledge(0x0000_00FF);
        Assert.Equal(0x0000_FF55u, bank.Pending);
        Assert.Equal(0x0000_FF00u, bank.Eligible);
        bank.SetLine(0x0000_FFFF, false);
        Assert.Equal(0x0000_AA00u, bank.Pending);
    }
}
