namespace Orrery.Interrupts.Gic.V3;

/// <summary>A contiguous run of redistributors in the machine's address space; CPUs fill regions in order.</summary>
/// <param name="Base">Guest physical address, a multiple of 64 KiB.</param>
/// <param name="Count">Redistributors, each 128 KiB.</param>
public readonly record struct RedistributorRegion(ulong Base, int Count)
{
    /// <summary>RD_base and SGI_base of one CPU.</summary>
    public const ulong Stride = 0x2_0000;

    /// <summary>The address after the last redistributor.</summary>
    public ulong End => Base + (ulong)Count * Stride;

    /// <summary>
    /// Which CPUs' GICR_TYPER has Last set: the last one present in a region, unless the region is full and another, in
    /// use, starts where it ends (IHI 0069 12.11.30).
    /// </summary>
    internal static bool[] LastCpus(IReadOnlyList<RedistributorRegion> regions, int cpuCount)
    {
        var last = new bool[cpuCount];
        int first = 0;
        var used = new List<(RedistributorRegion Region, int LastCpu, bool Full)>();
        foreach (RedistributorRegion region in regions)
        {
            int present = Math.Min(region.Count, cpuCount - first);
            if (present > 0)
            {
                used.Add((region, first + present - 1, present == region.Count));
                first += present;
            }
        }

        foreach ((RedistributorRegion region, int lastCpu, bool full) in used)
        {
            last[lastCpu] = !full || !used.Exists(other => other.Region.Base == region.End);
        }

        return last;
    }
}
