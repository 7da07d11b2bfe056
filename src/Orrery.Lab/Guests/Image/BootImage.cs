using System.Diagnostics;
using System.Reflection;
using System.Text;
using Orrery.Lab.Files;

namespace Orrery.Lab.Guests.Image;

/// <summary>
/// The first root file system of a Linux node: BusyBox, our process 1 (<c>init.sh</c>) and what the lab file says about
/// the node. The same node gives the same bytes on every host with the same BusyBox.
/// </summary>
public sealed class BootImage
{
    private const string Home = "/orrery";
    private const string BusyBoxPath = Home + "/busybox";

    // What init.sh mounts, in the form of fstab(5).
    private const string Mounts = """
        proc /proc proc defaults
        sysfs /sys sysfs defaults
        devtmpfs /dev devtmpfs defaults
        tmpfs /run tmpfs defaults
        tmpfs /tmp tmpfs defaults

        """;

    private const string DeviceMounts = """
        devpts /dev/pts devpts defaults
        tmpfs /dev/shm tmpfs defaults

        """;

    private static readonly string[] SearchPaths = ["/bin/busybox", "/usr/bin/busybox", "/bin/busybox.static"];

    private readonly byte[] _busyBox;
    private readonly string[] _applets;

    private BootImage(byte[] busyBox, string[] applets)
    {
        _busyBox = busyBox;
        _applets = applets;
    }

    /// <summary>Prepares images with the host's statically linked BusyBox.</summary>
    /// <param name="error">What is missing and how to get it, when null is returned.</param>
    public static BootImage? Load(out string error)
    {
        error = "Linux nodes need a statically linked BusyBox: apt-get install busybox-static";
        string? path = Array.Find(SearchPaths, File.Exists);
        if (path is null)
        {
            return null;
        }

        byte[] busyBox = File.ReadAllBytes(path);
        if (!ElfImage.TryParse(busyBox, out ElfImage? image, out _) || image.Interpreter is not null)
        {
            return null;
        }

        string[]? applets = ListApplets(path);
        return applets is null ? null : new BootImage(busyBox, applets);
    }

    /// <summary>Writes the image of a node.</summary>
    /// <exception cref="IOException">The image cannot be written, or a file of the node not be read.</exception>
    public void Write(GuestSetup setup, string path)
    {
        var archive = new CpioArchive();
        AddBase(archive);
        AddNode(archive, setup);
        using FileStream output = File.Create(path);
        archive.WriteTo(output);
    }

    private static string[]? ListApplets(string path)
    {
        var start = new ProcessStartInfo(path, "--list") { RedirectStandardOutput = true };
        using var process = Process.Start(start);
        if (process is null)
        {
            return null;
        }

        string list = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return list.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private void AddBase(CpioArchive archive)
    {
        archive.AddFile(BusyBoxPath, CpioArchive.Executable, _busyBox);
        archive.AddFile(Home + "/init", CpioArchive.Executable, ReadInit());
        archive.AddLink("/init", Home + "/init");
        archive.AddFile(Home + "/mounts", CpioArchive.Readable, Encoding.UTF8.GetBytes(Mounts));
        archive.AddFile(Home + "/mounts.dev", CpioArchive.Readable, Encoding.UTF8.GetBytes(DeviceMounts));
        archive.AddLink("/bin/busybox", BusyBoxPath);
        foreach (string applet in _applets)
        {
            if (applet != "busybox")
            {
                archive.AddLink("/bin/" + applet, "busybox");
            }
        }

        archive.AddLink("/sbin", "bin");
        archive.AddLink("/usr/bin", "../bin");
        archive.AddLink("/usr/sbin", "../bin");
        string[] directories = ["/dev", "/proc", "/sys", "/run", "/tmp", "/root", "/etc", "/var/tmp", Home + "/commands"];
        foreach (string directory in directories)
        {
            archive.AddDirectory(directory);
        }

        const int consoleMajor = 5, consoleMinor = 1; // Documentation/admin-guide/devices.txt
        archive.AddCharacterDevice(
            "/dev/console", UnixFileMode.UserRead | UnixFileMode.UserWrite, consoleMajor, consoleMinor);
    }

    private static void AddNode(CpioArchive archive, GuestSetup setup)
    {
        archive.AddFile(Home + "/node", CpioArchive.Readable, Encoding.UTF8.GetBytes(NodeScript.Write(setup)));
        for (int i = 0; i < setup.Commands.Count; i++)
        {
            archive.AddFile($"{Home}/commands/{i:D4}", CpioArchive.Readable, Encoding.UTF8.GetBytes(setup.Commands[i] + "\n"));
        }

        // Files of a node whose root lies on the host are copied over it by process 1.
        bool ownRoot = NodeScript.HostDirectory(setup.Root) is null;
        string prefix = ownRoot ? "" : Home + "/files";
        archive.AddDirectory(Home + "/files");
        archive.AddFile(prefix + "/etc/hosts", CpioArchive.Readable, Encoding.UTF8.GetBytes(NodeScript.WriteHosts(setup)));
        archive.AddFile(prefix + "/etc/hostname", CpioArchive.Readable, Encoding.UTF8.GetBytes(setup.HostName + "\n"));
        if (ownRoot)
        {
            archive.AddFile("/etc/passwd", CpioArchive.Readable, "root::0:0:root:/root:/bin/sh\n"u8.ToArray());
            archive.AddFile("/etc/group", CpioArchive.Readable, "root::0:\n"u8.ToArray());
        }

        foreach (GuestFile file in setup.Files)
        {
            string path = prefix + file.Path;
            if (file.Source is null)
            {
                UnixFileMode mode = (UnixFileMode?)file.Mode ?? CpioArchive.Readable;
                archive.AddFile(path, mode, Encoding.UTF8.GetBytes(file.Text ?? ""));
            }
            else
            {
                archive.AddFromHost(path, file.Source, (UnixFileMode?)file.Mode);
            }
        }
    }

    private static byte[] ReadInit()
    {
        using Stream resource = Assembly.GetExecutingAssembly().GetManifestResourceStream("guest/init.sh")!;
        var content = new byte[resource.Length];
        resource.ReadExactly(content);
        return content;
    }
}
