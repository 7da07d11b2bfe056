namespace Orrery.Lab.Guests;

/// <summary>
/// The command line of a guest kernel, in the published order (docs/guests.md). Linux mixes it into its random numbers
/// byte by byte: it is the same in every folder, so that paths are relative.
/// </summary>
internal static class GuestCommandLine
{
    /// <summary>Names inside the guest's folder.</summary>
    internal const string KernelFile = "linux", InitrdFile = "initrd";

    // Descriptors 0 to 2 are console input, console output, errors.
    private const int FirstSerialDescriptor = 3;

    /// <summary>The argument vector, program name first.</summary>
    internal static List<string> Write(LinuxGuestOptions options)
    {
        var line = new List<string>
        {
            "./" + KernelFile,
            "umid=" + options.Name,
            "mem=" + FormatMemory(options.MemoryBytes),
            "initrd=" + InitrdFile,
        };
        foreach (GuestDevice device in options.Devices)
        {
            line.Add($"virtio_uml.device={device.Socket}:{device.DeviceType}");
        }

        line.AddRange(options.Clock.Arguments);
        line.Add("con=null");
        line.Add("ssl=null");
        line.Add("con0=fd:0,fd:1");
        AddSerialLines(line, options.SerialLines);
        line.Add("noreboot");

        // The host's /dev/random, in kernels that have the driver: its bytes would be mixed into the guest's.
        line.Add("initcall_blacklist=rng_init");
        line.AddRange(options.KernelArguments);
        return line;
    }

    private static string FormatMemory(ulong bytes)
        => bytes % (1 << 20) == 0 ? $"{bytes >> 20}M" : $"{bytes >> 10}K";

    private static void AddSerialLines(List<string> line, IReadOnlyList<SerialLine> serialLines)
    {
        int descriptor = FirstSerialDescriptor;
        for (int i = 0; i < serialLines.Count; i++)
        {
            string acknowledge = serialLines[i].Acknowledge is null ? "" : $",fd:{descriptor + 2}";
            line.Add($"ssl{i}=fd:{descriptor},fd:{descriptor + 1}{acknowledge}");
            descriptor += serialLines[i].Acknowledge is null ? 2 : 3;
        }
    }
}
