using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Orrery.Network.Tests.Frames;

public class FrameSummaryTests
{
    private const string Ethernet = "020000020000 020000010000 ";

    [Theory]
    [InlineData("0806 0001 0800 06 04 0001 020000010000 0a000001 000000000000 0a000002", "ARP who has 10.0.0.2? tell 10.0.0.1, 42 bytes")]
    [InlineData("0806 0001 0800 06 04 0002 020000020000 0a000002 020000010000 0a000001", "ARP 10.0.0.2 is at 02:00:00:02:00:00, 42 bytes")]
    [InlineData("0800 4500 0020 0000 4000 4001 0000 0a000001 0a000002 0800 0000 0001 0007 00000000", "10.0.0.1 > 10.0.0.2 ICMP echo request, id 1, seq 7, 46 bytes")]
    [InlineData("0800 4500 001c 0000 4000 4001 0000 0a000001 0a000002 0301 0000 0000 0000 ffff", "10.0.0.1 > 10.0.0.2 ICMP type 3 code 1, 44 bytes")]
    [InlineData("0800 4500 0020 0000 2004 4011 0000 0a000001 0a000002 0800 0000 0001 0007 00000000", "10.0.0.1 > 10.0.0.2 protocol 17 fragment at 32, 46 bytes")]
    [InlineData("0800 4500 001f 0000 4000 4011 0000 0a000001 0a000002 1388 0035 000b 0000 616263", "10.0.0.1 > 10.0.0.2 UDP 5000 > 53, length 3, 45 bytes")]
    [InlineData("0800 4500 0029 0000 4000 4006 0000 0a000001 0a000002 1388 0050 0000000a 0000000b 5018 ffff 0000 0000 61", "10.0.0.1 > 10.0.0.2 TCP 5000 > 80 [PA], seq 10, ack 11, win 65535, length 1, 55 bytes")]
    [InlineData("86dd 60000000 0008 3aff fd000000000000010000000000000001 fd000000000000010000000000000002 8000 0000 0001 0002", "fd00:0:0:1::1 > fd00:0:0:1::2 ICMPv6 echo request, id 1, seq 2, 62 bytes")]
    [InlineData("86dd 60000000 0010 0001 00000000000000000000000000000000 ff020000000000000000000000000016 3a00 0502 0000 0100 8f00 0000 0000 0001", ":: > ff02::16 ICMPv6 multicast listener report, 70 bytes")]
    [InlineData("88b5 0102", "02:00:00:01:00:00 > 02:00:00:02:00:00 type 0x88b5, 16 bytes")]
    [InlineData("0800 45", "02:00:00:01:00:00 > 02:00:00:02:00:00 type 0x0800, 15 bytes")]
    public void Frames_of_the_common_protocols(string hex, string expected) =>
        Assert.Equal(expected, FrameSummary.Describe(Convert.FromHexString((Ethernet + hex).Replace(" ", "", StringComparison.Ordinal))));

    [Fact]
    public void Any_bytes_have_a_summary()
    {
        Gen<byte[]> any = Gen.ArrayOf(Gen.Frequency((3, Gen.Choose(0, 255)), (1, Gen.Elements(0x08, 0x00, 0x06, 0x86, 0xdd, 0x45)))
            .Select(b => (byte)b));
        Gen<byte[]> typed = from type in Gen.Elements<byte[]>([0x08, 0x06], [0x08, 0x00], [0x86, 0xdd])
                            from rest in any
                            select (byte[])[.. new byte[12], .. type, .. rest];
        Prop.ForAll(Arb.From(Gen.OneOf(any, typed)), bytes => FrameSummary.Describe(bytes).Length > 0)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }
}
