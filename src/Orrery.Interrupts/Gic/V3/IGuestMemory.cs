namespace Orrery.Interrupts.Gic.V3;

/// <summary>The guest's memory, in which LPIs and the ITS keep their tables and commands. Little-endian.</summary>
public interface IGuestMemory
{
    /// <summary>Reads all of <paramref name="destination"/>, or nothing and false where there is no memory.</summary>
    bool TryRead(ulong address, Span<byte> destination);

    /// <summary>Writes all of <paramref name="source"/>, or nothing and false where there is no memory.</summary>
    bool TryWrite(ulong address, ReadOnlySpan<byte> source);
}
