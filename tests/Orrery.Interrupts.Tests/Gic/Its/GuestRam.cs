using Orrery.Interrupts.Gic.V3;

namespace Orrery.Interrupts.Tests.Gic.Its;

/// <summary>Guest memory from address 0 on.</summary>
internal sealed class GuestRam(int size) : IGuestMemory
{
    private readonly byte[] _bytes = new byte[size];

    public bool TryRead(ulong address, Span<byte> destination)
    {
        if (address > (ulong)_bytes.Length || (ulong)destination.Length > (ulong)_bytes.Length - address)
        {
            return false;
        }

        _bytes.AsSpan((int)address, destination.Length).CopyTo(destination);
        return true;
    }

    public bool TryWrite(ulong address, ReadOnlySpan<byte> source)
    {
        if (address > (ulong)_bytes.Length || (ulong)source.Length > (ulong)_bytes.Length - address)
        {
            return false;
        }

        source.CopyTo(_bytes.AsSpan((int)address));
        return true;
    }

    public GuestRam Clone()
    {
        var copy = new GuestRam(_bytes.Length);
        copy.TryWrite(0, _bytes);
        return copy;
    }
}
