using System.Collections.Immutable;
using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Conformance.Generation;

/// <summary>
/// Generates conformance programs: a machine, its interrupts set up, a random walk over registers, lines and
/// acknowledgements, and a look at everything at the end. Programs stay within what the architecture defines: of
/// UNPREDICTABLE behaviour nothing could be learnt.
/// </summary>
public sealed class ProgramGenerator(VgicKind gic, ulong seed)
{
    /// <summary>Program <paramref name="number"/> of this seed, whatever has been generated before.</summary>
    public ConformanceProgram Generate(int number)
    {
        var random = new ProgramRandom(seed, number);
        var shape = new MachineShape(gic, random.OnceIn(3) ? random.Between(2, 3) : 1, random.Coin() ? 64 : 96);
        PoolInterrupt[] pool = Pool(random, shape);
        ProgramWriter writer = gic == VgicKind.GicV3
            ? new GicV3ProgramWriter(shape, pool, random)
            : new GicV2ProgramWriter(shape, pool, random);
        return new ConformanceProgram(shape, writer.Write(random.Between(8, 40)));
    }

    private static PoolInterrupt[] Pool(ProgramRandom random, MachineShape shape)
    {
        // Timers own 26, 27, 28 and 30, and the rest of the PPIs behave alike.
        ReadOnlySpan<uint> ppis = [16, 20, 23, 25, 31];
        var pool = new PoolInterrupt[random.Between(2, 6)];
        int lane = random.Below(PoolInterrupt.LaneCount);
        var intids = new HashSet<uint>();
        for (int i = 0; i < pool.Length;)
        {
            uint intid = random.Below(4) switch
            {
                0 when i == 0 || random.Coin() => (uint)random.Below(16),
                1 => random.Pick(ppis),
                _ => (uint)random.Between(32, shape.InterruptCount - 1),
            };
            if (intids.Add(intid))
            {
                pool[i++] = new PoolInterrupt(intid, lane++ % PoolInterrupt.LaneCount);
            }
        }

        return pool;
    }
}
