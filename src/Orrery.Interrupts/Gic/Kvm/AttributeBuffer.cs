using System.Buffers.Binary;

namespace Orrery.Interrupts.Gic.Kvm;

/// <summary>Why an attribute was not read into, or written from, a buffer.</summary>
/// <param name="Attribute">Which attribute.</param>
/// <param name="Expected">Bytes that the kernel reads or writes at the address it is given, whatever lies there.</param>
/// <param name="Found">Bytes of the buffer; the same as expected when it is the kernel that refuses.</param>
/// <param name="Error">What the kernel answers; of no meaning when the sizes differ.</param>
public readonly record struct AttributeBufferError(VgicAttribute Attribute, int Expected, int Found, KvmErrno Error)
{
    /// <summary>One line.</summary>
    public override string ToString() => Expected != Found
        ? $"{Attribute}: a buffer of {Found} bytes where the kernel takes {Expected}"
        : $"{Attribute}: {Error}";
}

/// <summary>
/// Attributes through buffers, as programs pass them. The kernel is given an address only and reads or writes as many bytes
/// as the group has; a buffer of another size is a bug that it cannot see (with CPU_SYSREGS and four bytes it writes past
/// the end), so it is refused here.
/// </summary>
public static class AttributeBuffer
{
    /// <summary>GET: fills the buffer, or says why not; then the buffer is untouched.</summary>
    public static AttributeBufferError? Get(IVgic vgic, VgicAttribute attribute, Span<byte> buffer)
    {
        int expected = attribute.Group.DataBytes();
        if (buffer.Length != expected || expected == 0)
        {
            return new AttributeBufferError(attribute, expected, buffer.Length, KvmErrno.NoSuchAttribute);
        }

        AttributeReading reading = vgic.GetAttribute(attribute);
        if (reading.Error != KvmErrno.None)
        {
            return new AttributeBufferError(attribute, expected, expected, reading.Error);
        }

        if (expected == sizeof(uint))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(buffer, (uint)reading.Value);
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(buffer, reading.Value);
        }

        return null;
    }

    /// <summary>SET: writes the attribute from the buffer, or says why not; then nothing changed.</summary>
    public static AttributeBufferError? Set(IVgic vgic, VgicAttribute attribute, ReadOnlySpan<byte> buffer)
    {
        int expected = attribute.Group.DataBytes();
        if (buffer.Length != expected || expected == 0)
        {
            return new AttributeBufferError(attribute, expected, buffer.Length, KvmErrno.NoSuchAttribute);
        }

        ulong value = expected == sizeof(uint)
            ? BinaryPrimitives.ReadUInt32LittleEndian(buffer)
            : BinaryPrimitives.ReadUInt64LittleEndian(buffer);
        KvmErrno error = vgic.SetAttribute(attribute, value);
        return error == KvmErrno.None ? null : new AttributeBufferError(attribute, expected, expected, error);
    }
}
