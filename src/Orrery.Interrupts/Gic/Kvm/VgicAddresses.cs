using Orrery.Interrupts.Gic.V3;

namespace Orrery.Interrupts.Gic.Kvm;

/// <summary>
/// Where the frames of a KVM GIC device lie, as its ADDR attributes set them, with the kernel's checks (Linux 6.12,
/// <c>kvm_vgic_addr</c>, <c>vgic_check_iorange</c>, <c>vgic_v3_alloc_redist_region</c>).
/// </summary>
internal sealed class VgicAddresses(VgicKind kind, int addressBits)
{
    private const ulong Undefined = ulong.MaxValue;
    private const ulong AttrDistributorV2 = 0, AttrCpuInterfaceV2 = 1, AttrDistributorV3 = 2, AttrRedistributor = 3, AttrRegion = 5;
    private const ulong Page4K = 0x1000, Page64K = 0x1_0000;
    private const int RegionCountMax = 256;

    private readonly List<(RedistributorRegion Region, bool Legacy)> _regions = [];
    private ulong _distributor = Undefined;
    private ulong _cpuInterface = Undefined;

    /// <summary>Whether every frame that the vCPUs need has its place.</summary>
    public bool CoverAll(int vcpus) =>
        _distributor != Undefined
        && (kind == VgicKind.GicV2
            ? _cpuInterface != Undefined
            : _regions.Count > 0 && (_regions[0].Legacy || _regions.Sum(r => r.Region.Count) >= vcpus));

    /// <summary>Whether a GICv2's frames overlap, or a GICv3's distributor overlaps a redistributor.</summary>
    public bool Overlap(int vcpus) => kind == VgicKind.GicV2
        ? Overlaps(_distributor, Page4K, _cpuInterface, 2 * Page4K)
        : _regions.Exists(r => Overlaps(_distributor, Page64K, r.Region.Base, SizeOf(r, vcpus)));

    /// <summary>The regions for a controller of this many CPUs.</summary>
    public IReadOnlyList<RedistributorRegion> Regions(int vcpus) =>
        [.. _regions.Select(r => r.Legacy ? r.Region with { Count = vcpus } : r.Region)];

    public bool Has(ulong attr) => kind == VgicKind.GicV2
        ? attr is AttrDistributorV2 or AttrCpuInterfaceV2
        : attr is AttrDistributorV3 or AttrRedistributor or AttrRegion;

    /// <summary>A region is asked for by its index in the value.</summary>
    public AttributeReading Get(ulong attr, ulong value)
    {
        if (!Has(attr))
        {
            return AttributeReading.Failed(KvmErrno.NoSuchAttribute);
        }

        switch (attr)
        {
            case AttrDistributorV2 or AttrDistributorV3:
                return AttributeReading.Of(_distributor);
            case AttrCpuInterfaceV2:
                return AttributeReading.Of(_cpuInterface);
            case AttrRedistributor:
                return AttributeReading.Of(_regions.Count > 0 ? _regions[0].Region.Base : Undefined);
            default:
                int index = (int)(value & 0xFFF);
                return index < _regions.Count
                    ? AttributeReading.Of((uint)index | _regions[index].Region.Base | (ulong)CountOf(_regions[index]) << 52)
                    : AttributeReading.Failed(KvmErrno.NoEntry);
        }
    }

    public KvmErrno Set(ulong attr, ulong value, int vcpus)
    {
        if (!Has(attr))
        {
            return KvmErrno.NoSuchAttribute;
        }

        switch (attr)
        {
            case AttrDistributorV2:
                return SetFrame(ref _distributor, value, Page4K, Page4K);
            case AttrDistributorV3:
                return SetFrame(ref _distributor, value, Page64K, Page64K);
            case AttrCpuInterfaceV2:
                return SetFrame(ref _cpuInterface, value, Page4K, 2 * Page4K);
            case AttrRedistributor:
                return AddRegion(0, value, 0, vcpus);
            default:
                // [11:0] index [15:12] flags [51:16] base [63:52] count.
                int count = (int)(value >> 52);
                bool hasFlags = (value >> 12 & 0xF) != 0;
                return count == 0 || hasFlags
                    ? KvmErrno.Invalid
                    : AddRegion((int)(value & 0xFFF), value & 0x000F_FFFF_FFFF_0000, count, vcpus);
        }
    }

    /// <summary>Adds a region; a count of 0 is the legacy form, one region as large as the vCPUs need.</summary>
    private KvmErrno AddRegion(int index, ulong address, int count, int vcpus)
    {
        ulong size = (ulong)(count != 0 ? count : vcpus) * RedistributorRegion.Stride;
        if (address + size < address)
        {
            return KvmErrno.Invalid;
        }

        if (_regions.Count == 0)
        {
            if (index != 0)
            {
                return KvmErrno.Invalid;
            }
        }
        else
        {
            bool lastIsLegacy = _regions[^1].Legacy;
            if (count == 0)
            {
                return lastIsLegacy ? KvmErrno.Exists : KvmErrno.Invalid;
            }

            if (index != _regions.Count || index >= RegionCountMax)
            {
                return KvmErrno.Invalid;
            }
        }

        if ((count == 0 && Overlaps(_distributor, Page64K, address, size))
            || _regions.Exists(r => Overlaps(r.Region.Base, SizeOf(r, vcpus), address, size)))
        {
            return KvmErrno.Invalid;
        }

        KvmErrno error = CheckRange(address, Page64K, size);
        if (error != KvmErrno.None)
        {
            return error;
        }

        _regions.Add((new RedistributorRegion(address, count), count == 0));
        return KvmErrno.None;
    }

    private KvmErrno SetFrame(ref ulong frame, ulong address, ulong alignment, ulong size)
    {
        if (frame != Undefined)
        {
            return KvmErrno.Exists;
        }

        KvmErrno error = CheckRange(address, alignment, size);
        if (error == KvmErrno.None)
        {
            frame = address;
        }

        return error;
    }

    private KvmErrno CheckRange(ulong address, ulong alignment, ulong size)
    {
        if (address % alignment != 0 || size % alignment != 0 || address + size < address)
        {
            return KvmErrno.Invalid;
        }

        ulong limit = 1UL << addressBits;
        return address >= limit || address + size > limit ? KvmErrno.TooBig : KvmErrno.None;
    }

    private static int CountOf((RedistributorRegion Region, bool Legacy) region) => region.Legacy ? 0 : region.Region.Count;

    private static ulong SizeOf((RedistributorRegion Region, bool Legacy) region, int vcpus) =>
        (ulong)(region.Legacy ? vcpus : region.Region.Count) * RedistributorRegion.Stride;

    private static bool Overlaps(ulong first, ulong firstSize, ulong second, ulong secondSize) =>
        first != Undefined && second != Undefined && first < second + secondSize && second < first + firstSize;
}
