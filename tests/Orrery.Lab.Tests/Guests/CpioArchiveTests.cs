using System.Diagnostics;
using System.Text;
using Orrery.Lab.Guests.Image;
using Xunit;

namespace Orrery.Lab.Tests.Guests;

public sealed class CpioArchiveTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Writes_the_documented_format()
    {
        var archive = new CpioArchive();
        archive.AddFile("/a", CpioArchive.Readable, "hello"u8.ToArray());
        string expected =
            "070701" + "00000001" + "000081A4" + "00000000" + "00000000" + "00000001" + "00000000" + "00000005"
            + "00000000" + "00000000" + "00000000" + "00000000" + "00000002" + "00000000" + "a\0" + "hello\0\0\0"
            + "070701" + "00000002" + "00000000" + "00000000" + "00000000" + "00000001" + "00000000" + "00000000"
            + "00000000" + "00000000" + "00000000" + "00000000" + "0000000B" + "00000000" + "TRAILER!!!\0" + "\0\0\0";
        Assert.Equal(expected, Encoding.ASCII.GetString(Write(archive)));
    }

    [Fact]
    public void The_order_of_additions_and_the_times_of_files_leave_no_trace()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "content");
        File.SetUnixFileMode(file, CpioArchive.Executable);

        var one = new CpioArchive();
        one.AddFromHost("/x/file", file);
        one.AddLink("/b", "x");
        one.AddFile("/x/a", CpioArchive.Readable, [1]);
        byte[] first = Write(one);

        File.SetLastWriteTimeUtc(file, new DateTime(2001, 1, 1));
        var two = new CpioArchive();
        two.AddFile("/x/a", CpioArchive.Readable, [1]);
        two.AddDirectory("/x");
        two.AddFromHost("/x/file", file);
        two.AddLink("/b", "x");
        Assert.Equal(first, Write(two));
    }

    [Fact]
    public void Another_program_reads_it()
    {
        string source = Path.Combine(_folder, "source");
        Directory.CreateDirectory(Path.Combine(source, "inner"));
        File.WriteAllText(Path.Combine(source, "inner", "odd length"), "abc");
        File.CreateSymbolicLink(Path.Combine(source, "link"), "inner");
        var archive = new CpioArchive();
        archive.AddFromHost("/opt/tree", source);
        archive.AddCharacterDevice("/dev/console", UnixFileMode.UserRead, 5, 1);
        archive.AddFile("/empty", CpioArchive.Readable, []);
        string path = Path.Combine(_folder, "archive");
        File.WriteAllBytes(path, Write(archive));

        var start = new ProcessStartInfo("busybox") { RedirectStandardOutput = true };
        start.ArgumentList.Add("cpio");
        start.ArgumentList.Add("-tv");
        start.ArgumentList.Add("-F");
        start.ArgumentList.Add(path);
        using Process process = Process.Start(start)!;
        string[] lines = process.StandardOutput.ReadToEnd().TrimEnd().Split('\n');
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        Assert.Equal(
            ["dev", "dev/console", "empty", "opt", "opt/tree", "opt/tree/inner", "opt/tree/inner/odd length", "opt/tree/link -> inner"],
            lines.Select(line => line[(line.IndexOf(":00:00 ", StringComparison.Ordinal) + 7)..]));
    }

    [Fact]
    public void A_file_that_is_gone_is_an_error()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "content");
        var archive = new CpioArchive();
        archive.AddFromHost("/file", file);
        File.Delete(file);
        Assert.ThrowsAny<IOException>(() => Write(archive));
    }

    private static byte[] Write(CpioArchive archive)
    {
        using var output = new MemoryStream();
        archive.WriteTo(output);
        return output.ToArray();
    }
}
