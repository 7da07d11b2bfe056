using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Lab.Files;
using Orrery.Lab.Guests;
using Orrery.Lab.Guests.Image;
using Orrery.Posix;
using Xunit;

namespace Orrery.Lab.Tests.Guests;

public sealed class GuestPartsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_command_line_has_the_published_order_and_no_absolute_path()
    {
        using FileDescriptor nothing = FileDescriptor.OpenNull();
        var options = new LinuxGuestOptions
        {
            Name = "client",
            Kernel = "/somewhere/linux",
            Setup = new GuestSetup { HostName = "client" },
            Clock = GuestClock.Calendar(3, "clock"),
            Devices = [new GuestDevice("console", 3), new GuestDevice("net0", 1)],
            SerialLines = [new SerialLine(nothing, nothing, null), new SerialLine(nothing, nothing, nothing)],
            KernelArguments = ["quiet"],
        };
        Assert.Equal(
            "./linux umid=client mem=64M initrd=initrd virtio_uml.device=console:3 virtio_uml.device=net0:1 "
                + "time-travel=ext:3:clock con=null ssl=null con0=fd:0,fd:1 ssl0=fd:3,fd:4 ssl1=fd:5,fd:6,fd:7 "
                + "noreboot initcall_blacklist=rng_init quiet",
            string.Join(' ', GuestCommandLine.Write(options)));
    }

    [Fact]
    public void Names_and_texts_of_a_node_do_not_become_shell_code()
    {
        var setup = new GuestSetup
        {
            HostName = "it's; reboot",
            Root = new GuestRoot.Folder("/a b'c"),
            Interfaces = [new GuestInterface("eth0", [new InterfaceAddress(IPAddress.Parse("10.0.0.1"), 24), new InterfaceAddress(IPAddress.Parse("fd00::1"), 64)])],
        };
        string script = NodeScript.Write(setup);
        Assert.Contains("root='/a b'\\''c'\n", script);
        Assert.Contains("echo 'it'\\''s; reboot' >/proc/sys/kernel/hostname\n", script);
        Assert.Contains("ip addr add 10.0.0.1/24 broadcast + dev 'eth0'\nip addr add fd00::1/64 dev 'eth0'\n", script);
    }

    [Fact]
    public void Random_bytes_follow_from_seed_node_and_call()
    {
        byte[] first = Take(new EntropyStream(1, "a"), 100);
        var stream = new EntropyStream(1, "a");
        Assert.Equal(first, Take(stream, 100));
        Assert.Equal(first, Take(stream, 100)); // the call was cancelled and comes again
        Assert.Equal(first[..7], Take(stream, 7));
        stream.Advance();
        Assert.NotEqual(first, Take(stream, 100));
        Assert.NotEqual(first, Take(new EntropyStream(2, "a"), 100));
        Assert.NotEqual(first, Take(new EntropyStream(1, "b"), 100));
        Assert.True(first.Distinct().Count() > 50);
    }

    [Fact]
    public void Reads_a_program_and_refuses_everything_else()
    {
        Assert.True(ElfImage.TryParse(File.ReadAllBytes("/bin/busybox"), out ElfImage? busyBox, out _));
        Assert.Null(busyBox.Interpreter);
        Assert.True(busyBox.HasFixedAddresses);
        Assert.True(ElfImage.TryParse(File.ReadAllBytes("/bin/true"), out ElfImage? dynamic, out _));
        Assert.Equal("/lib64/ld-linux-x86-64.so.2", dynamic.Interpreter);
        Assert.False(ElfImage.TryParse("#!/bin/sh"u8, out _, out string error));
        Assert.Equal("not an ELF program for x86-64", error);
    }

    [Fact]
    public void Damaged_programs_do_no_harm()
    {
        byte[] intact = File.ReadAllBytes("/bin/true")[..1024];
        Prop.ForAll(
            Gen.ListOf(Gen.Zip(Gen.Choose(6, 1023), Gen.Choose(0, 255))).ToArbitrary(),
            changes =>
            {
                byte[] damaged = [.. intact];
                foreach ((int offset, int value) in changes)
                {
                    damaged[offset] = (byte)value;
                }

                return ElfImage.TryParse(damaged, out ElfImage? image, out _) == image is not null;
            }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_log_stops_at_its_limit_and_says_how_much_is_missing()
    {
        string path = Path.Combine(_folder, "log");
        using (var log = new BoundedLog(path, 10))
        {
            log.Write("12345678"u8);
            Assert.Equal("12345678", File.ReadAllText(path)); // nothing is held back
            log.Write("90abc"u8);
            log.Write("de"u8);
        }

        Assert.Equal("1234567890\n[orrery: 5 more bytes dropped, the limit is 10]\n", File.ReadAllText(path));
    }

    [Fact]
    public void Messages_of_process_1_are_found_between_other_bytes_however_they_are_cut()
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(
            "noise\norrery: ready\r\norrery: start 1\norrery: start x\norrery: exit 1 130\n" + new string('x', 10_000)
            + "\norrery: nonsense\norrery: done 130\norrery: failed to do it\norrery: rea");
        GuestMessage[] expected =
        [
            new(GuestMessageKind.Ready), new(GuestMessageKind.Start, 1), new(GuestMessageKind.Exit, 1, 130),
            new(GuestMessageKind.Done, Status: 130), new(GuestMessageKind.Failed, Text: "to do it"),
        ];
        foreach (int size in new[] { 1, 7, bytes.Length })
        {
            var messages = new List<GuestMessage>();
            var control = new GuestControl(messages.Add);
            foreach (byte[] chunk in bytes.Chunk(size))
            {
                control.Write(chunk);
            }

            Assert.Equal(expected, messages);
        }
    }

    [Fact]
    public void An_abandoned_folder_is_removed_and_one_in_use_is_not()
    {
        using var inUse = GuestFolder.Create();
        string abandoned = inUse.Path[..^6] + "zzzzzz";
        Directory.CreateDirectory(abandoned);
        File.WriteAllText(Path.Combine(abandoned, "lock"), "");
        File.WriteAllText(Path.Combine(abandoned, "initrd"), "");
        using (var next = GuestFolder.Create())
        {
            Assert.False(Directory.Exists(abandoned));
            Assert.True(Directory.Exists(inUse.Path));
            Assert.True(Path.Combine(next.CreateGuest(), "a-socket-name").Length < 108);
        }
    }

    private static byte[] Take(EntropyStream stream, int count)
    {
        var bytes = new byte[count];
        stream.Fill(bytes);
        return bytes;
    }
}
