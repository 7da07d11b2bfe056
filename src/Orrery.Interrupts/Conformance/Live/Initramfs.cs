using System.Globalization;
using System.Text;

namespace Orrery.Interrupts.Conformance.Live;

/// <summary>
/// Writes the initial file system of the emulated machine: a console node, mount points and one program, <c>/init</c>,
/// as a cpio archive of the "newc" form (Linux <c>Documentation/driver-api/early-userspace/buffer-format.rst</c>).
/// </summary>
internal static class Initramfs
{
    private const int Directory = 0x4000 | 0x1ED; // drwxr-xr-x
    private const int CharacterDevice = 0x2000 | 0x180; // crw-------
    private const int Executable = 0x8000 | 0x1ED; // -rwxr-xr-x

    /// <summary>The archive with <paramref name="init"/> as its only program.</summary>
    public static byte[] Build(ReadOnlySpan<byte> init)
    {
        using var archive = new MemoryStream();
        Append(archive, "dev", Directory, [], 0, 0);
        Append(archive, "dev/console", CharacterDevice, [], 5, 1);
        Append(archive, "sys", Directory, [], 0, 0);
        Append(archive, "init", Executable, init, 0, 0);
        Append(archive, "TRAILER!!!", 0, [], 0, 0);
        return archive.ToArray();
    }

    private static void Append(MemoryStream archive, string name, int mode, ReadOnlySpan<byte> data, int major, int minor)
    {
        const int inode = 0, owner = 0, group = 0, links = 1, time = 0, device = 0, checksum = 0;
        int[] fields =
        [
            inode, mode, owner, group, links, time, data.Length, device, device, major, minor, name.Length + 1, checksum,
        ];
        var header = new StringBuilder("070701");
        foreach (int field in fields)
        {
            header.Append(field.ToString("X8", CultureInfo.InvariantCulture));
        }

        archive.Write(Encoding.ASCII.GetBytes(header.Append(name).Append('\0').ToString()));
        Align(archive);
        archive.Write(data);
        Align(archive);
    }

    private static void Align(MemoryStream archive)
    {
        while (archive.Length % 4 != 0)
        {
            archive.WriteByte(0);
        }
    }
}
