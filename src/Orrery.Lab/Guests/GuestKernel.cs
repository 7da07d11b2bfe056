namespace Orrery.Lab.Guests;

/// <summary>A User-Mode Linux kernel file, as far as a launcher has to know it.</summary>
public sealed class GuestKernel
{
    private GuestKernel(ulong imageEnd, bool acknowledgesSerialInput)
    {
        ImageEnd = imageEnd;
        AcknowledgesSerialInput = acknowledgesSerialInput;
    }

    /// <summary>
    /// It takes a third descriptor for a serial line and acknowledges what is typed (kernel/patches). On another, what is typed
    /// arrives at no certain simulated time, and a third descriptor would make the line unusable.
    /// </summary>
    public bool AcknowledgesSerialInput { get; }

    /// <summary>Where the program break begins when nothing is randomized.</summary>
    internal ulong ImageEnd { get; }

    // Part of the warning that the patched kernel prints for a line without the third descriptor.
    private static ReadOnlySpan<byte> AcknowledgeMark => "=fd:IN,fd:OUT,fd:ACK"u8;

    /// <summary>Reads a kernel's file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="error">Why it is none, when null is returned.</param>
    public static GuestKernel? Read(string path, out string error)
    {
        byte[] content;
        try
        {
            content = File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            error = $"kernel {path}: {exception.Message}";
            return null;
        }

        if (!ElfImage.TryParse(content, out ElfImage? image, out string problem) || !image.HasFixedAddresses)
        {
            error = $"kernel {path}: {(image is null ? problem : "not a User-Mode Linux kernel (its addresses are not fixed)")}";
            return null;
        }

        error = "";
        return new GuestKernel(image.End, content.AsSpan().IndexOf(AcknowledgeMark) >= 0);
    }
}
