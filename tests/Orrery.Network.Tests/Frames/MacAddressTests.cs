using Xunit;

namespace Orrery.Network.Tests.Frames;

public class MacAddressTests
{
    [Fact]
    public void Text_and_wire_show_the_same_bytes()
    {
        Assert.True(MacAddress.TryParse("02:00:0a:01:FF:10", out MacAddress address));
        Assert.Equal("02:00:0a:01:ff:10", address.ToString());
        var bytes = new byte[MacAddress.Size];
        address.Write(bytes);
        Assert.Equal([0x02, 0x00, 0x0a, 0x01, 0xff, 0x10], bytes);
        Assert.Equal(address, MacAddress.Read(bytes));
    }

    [Theory]
    [InlineData("")]
    [InlineData("02:00:00:00:00")]
    [InlineData("02:00:00:00:00:00:00")]
    [InlineData("2:0:0:0:0:0")]
    [InlineData("02-00-00-00-00-00")]
    [InlineData("02:00:00:00:00:0g")]
    [InlineData("02:00:00:00:00:+1")]
    public void Other_texts_are_no_address(string text) => Assert.False(MacAddress.TryParse(text, out _));

    [Fact]
    public void The_first_bit_on_the_wire_means_a_group()
    {
        Assert.True(MacAddress.Broadcast.IsMulticast);
        Assert.True(new MacAddress(0x0100_5e00_0001).IsMulticast);
        Assert.False(new MacAddress(0x0200_0000_0001).IsMulticast);
    }
}
