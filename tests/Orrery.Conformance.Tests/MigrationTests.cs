using System.Collections.Immutable;
using Orrery.Interrupts.Conformance.A64;
using Orrery.Interrupts.Conformance.Comparison;
using Orrery.Interrupts.Conformance.Generation;
using Orrery.Interrupts.Conformance.Guests;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V2;
using Orrery.Interrupts.Tests;
using Xunit;

namespace Orrery.Conformance.Tests;

/// <summary>
/// One SPI in every combination of line, latch, active, enabled and trigger, on real KVM: what a guest sees after it was saved
/// and restored is what it sees without.
/// </summary>
[Collection(LiveCollection.Name)]
public sealed class MigrationTests(LiveHosts hosts)
{
    private const uint Spi = 40, Bit = 1u << 8, Word = 4, IntidCount = 64;
    private const int Combinations = 32, Slot = 0;

    [Theory]
    [InlineData(VgicKind.GicV2)]
    [InlineData(VgicKind.GicV3)]
    [Scenario("P01", CheckedBy.Live)]
    public void A_restored_interrupt_has_the_same_future(VgicKind gic)
    {
        ConformanceProgram[] stayed = [.. Enumerable.Range(0, Combinations).Select(bits => Program(gic, bits, migrates: false))];
        ConformanceProgram[] moved = [.. Enumerable.Range(0, Combinations).Select(bits => Program(gic, bits, migrates: true))];
        var kvm = new KvmRunner(hosts.For(gic));
        Assert.True(kvm.TryRun(stayed, out OperationResult[][] without, out string problem), problem);
        Assert.True(kvm.TryRun(moved, out OperationResult[][] with, out problem), problem);
        for (int bits = 0; bits < Combinations; bits++)
        {
            Assert.Equal(Seen(stayed[bits], without[bits]), Seen(moved[bits], with[bits]));
            Verdict verdict = Verdict.Of(moved[bits], with[bits]);
            Assert.True(verdict.Kind != VerdictKind.Unexplained, verdict.Difference?.ToListing());
        }
    }

    /// <summary>What the guest saw from where the migration is, or would be.</summary>
    private static IEnumerable<string> Seen(ConformanceProgram program, OperationResult[] results)
    {
        int last = program.Operations.Length - Future().Length;
        return program.Operations.Select((op, i) => $"{op} => {results[i]}").Skip(last);
    }

    /// <summary>Brings the SPI into its state, maybe migrates, and lets the guest look and take what comes.</summary>
    private static ConformanceProgram Program(VgicKind gic, int bits, bool migrates)
    {
        bool line = (bits & 1) != 0, latch = (bits & 2) != 0, active = (bits & 4) != 0, enabled = (bits & 8) != 0, edge = (bits & 16) != 0;
        var steps = new List<Operation>();
        void Write(uint register, uint value, int width = 4) =>
            steps.Add(Operation.Write(0, GicFrame.Distributor, register, width, value));
        if (gic == VgicKind.GicV2)
        {
            Write(GicOffsets.Control, 1);
            Write(GicOffsets.Targets + Spi, 1, width: 1);
            steps.Add(Operation.Write(0, GicFrame.CpuInterface, GiccOffsets.PriorityMask, 4, 0xF8));
            steps.Add(Operation.Write(0, GicFrame.CpuInterface, GiccOffsets.Control, 4, 1));
        }
        else
        {
            Write(GicOffsets.Control, 2);
            steps.Add(Operation.WriteSystem(0, SystemRegisters.IccPmr, 0xF8));
            steps.Add(Operation.WriteSystem(0, SystemRegisters.IccIgrpen1, 1));
        }

        Write(GicOffsets.Configuration + 8, edge ? 0xAAAA_AAAA : 0xAAAA_AAAA & ~(2u << (int)(2 * (Spi % 16))));
        Write(GicOffsets.Priority + Spi, 0x40, width: 1);
        if (active)
        {
            Write(GicOffsets.SetEnable + Word, Bit);
            Write(GicOffsets.SetPending + Word, Bit);
            steps.Add(Operation.Acknowledge(0, Slot));
            Write(GicOffsets.ClearEnable + Word, Bit);
        }

        if (line)
        {
            steps.Add(Operation.SetLine(Spi, level: true));
        }

        Write(GicOffsets.ClearPending + Word, Bit);
        if (latch)
        {
            Write(GicOffsets.SetPending + Word, Bit);
        }

        if (enabled)
        {
            Write(GicOffsets.SetEnable + Word, Bit);
        }

        if (migrates)
        {
            // The form of a GICv2 has no lines: the device lowers a level before the save and raises it after the restore.
            bool drivesAgain = gic == VgicKind.GicV2 && line && !edge;
            steps.AddRange(drivesAgain
                ? [Operation.SetLine(Spi, level: false), Operation.Migrate(), Operation.SetLine(Spi, level: true)]
                : [Operation.Migrate()]);
        }

        steps.AddRange(Future());
        return new ConformanceProgram(new MachineShape(gic, 1, (int)IntidCount), [.. steps]);
    }

    /// <summary>Looks; takes what is signalled; enables, ends what was active, takes again; lowers the line, looks and takes again.</summary>
    private static ImmutableArray<Operation> Future()
    {
        Operation[] look =
        [
            .. ((uint[])[GicOffsets.SetPending, GicOffsets.SetActive, GicOffsets.SetEnable])
                .Select(register => Operation.Read(0, GicFrame.Distributor, register + Word, 4)),
        ];
        return
        [
            .. look, Operation.TakeInterrupts(0, 2),
            Operation.Write(0, GicFrame.Distributor, GicOffsets.SetEnable + Word, 4, Bit), Operation.TakeInterrupts(0, 2),
            Operation.EndOfInterrupt(0, Slot), Operation.TakeInterrupts(0, 2), .. look,
            Operation.SetLine(Spi, level: false), .. look, Operation.TakeInterrupts(0, 2), .. look,
        ];
    }
}
