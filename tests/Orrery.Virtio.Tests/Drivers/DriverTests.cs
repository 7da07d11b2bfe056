using System.Text;
using Orrery.Posix;
using Xunit;

namespace Orrery.Virtio.Tests;

/// <summary>Our drivers on our devices, in both ways of reaching them, which must not differ.</summary>
public class DriverTests
{
    private static readonly byte[] Frame = [.. Enumerable.Range(0, 60).Select(i => (byte)i)];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Frames_travel_both_ways_in_the_order_of_the_protocol(bool inProcess)
    {
        using DriverFixture fixture = DriverFixture.Net(inProcess);
        var driver = new VirtioNetDriver(new NetworkDriverOptions(), fixture.Machine);
        Assert.True(fixture.Driver.TryStart(driver));
        Assert.Equal(DeviceFixture.Mac, driver.Address);
        Assert.Equal(VirtioFeatures.Ring, (VirtioFeatures)fixture.Driver.Features & VirtioFeatures.Ring);
        fixture.Log.Clear();

        fixture.Network.OnTransmit = () => fixture.Log.Add("transmit");
        Assert.True(driver.TrySend(Frame));
        Assert.Equal(["propagate", "synchronize", "transmit"], fixture.Log);
        Assert.Equal(Frame, Assert.Single(fixture.Network.Frames));
        fixture.Log.Clear();

        var device = (VirtioNetDevice)fixture.Device.Device;
        Assert.True(device.Deliver(Frame));
        Assert.True(device.Deliver(Frame.AsSpan(0, 30)));
        Assert.Empty(fixture.Log);
        fixture.Clock.RunFlushes();
        Assert.Equal(["begin", "interrupt", "end"], fixture.Log);
        Assert.Empty(fixture.Machine.Frames);
        fixture.Driver.HandleInterrupt();
        Assert.Equal([Frame, Frame[..30]], fixture.Machine.Frames);
        Assert.Empty(fixture.Faults);
    }

    [Theory]
    [InlineData(false, 2_000)]
    [InlineData(true, 70_000)]
    public void Every_buffer_is_used_again_and_again_past_the_end_of_the_indices(bool inProcess, int rounds)
    {
        using DriverFixture fixture = DriverFixture.Net(inProcess);
        var driver = new VirtioNetDriver(new NetworkDriverOptions { ReceiveBuffers = 4, TransmitBuffers = 2 }, fixture.Machine);
        Assert.True(fixture.Driver.TryStart(driver));
        var device = (VirtioNetDevice)fixture.Device.Device;
        for (int round = 0; round < rounds; round++)
        {
            byte[] frame = [.. Frame.Select(b => (byte)(b + round))];
            Assert.True(driver.TrySend(frame));
            Assert.True(device.Deliver(fixture.Network.Frames[^1]));
            fixture.Clock.RunFlushes();
            fixture.Driver.HandleInterrupt();
            Assert.Equal(frame, fixture.Machine.Frames[^1]);
            fixture.Log.Clear();
            fixture.Machine.Frames.Clear();
            fixture.Network.Frames.Clear();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void More_frames_than_buffers_are_lost_and_the_rest_goes_on(bool inProcess)
    {
        using DriverFixture fixture = DriverFixture.Net(inProcess);
        var driver = new VirtioNetDriver(new NetworkDriverOptions { ReceiveBuffers = 4 }, fixture.Machine);
        Assert.True(fixture.Driver.TryStart(driver));
        var device = (VirtioNetDevice)fixture.Device.Device;
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal(i < 4, device.Deliver(Frame));
        }

        fixture.Clock.RunFlushes();
        fixture.Driver.HandleInterrupt();
        Assert.Equal(4, fixture.Machine.Frames.Count);
        Assert.True(device.Deliver(Frame));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_large_packet_needs_the_mtu_on_both_sides(bool inProcess)
    {
        using DriverFixture fixture = DriverFixture.Net(inProcess, mtu: VirtioNetDevice.MtuMax);
        var driver = new VirtioNetDriver(
            new NetworkDriverOptions { Mtu = VirtioNetDevice.MtuMax, ReceiveBuffers = 2, TransmitBuffers = 2 }, fixture.Machine);
        Assert.True(fixture.Driver.TryStart(driver));
        Assert.Equal(VirtioNetDevice.MtuMax, driver.Mtu);
        var frame = new byte[VirtioNetDevice.MtuMax + 14];
        new Random(1).NextBytes(frame);
        Assert.True(driver.TrySend(frame));
        Assert.Equal(frame, Assert.Single(fixture.Network.Frames));
        Assert.True(((VirtioNetDevice)fixture.Device.Device).Deliver(frame));
        fixture.Clock.RunFlushes();
        fixture.Driver.HandleInterrupt();
        Assert.Equal(frame, Assert.Single(fixture.Machine.Frames));
        Assert.False(driver.TrySend(new byte[VirtioNetDevice.MtuMax + 19]));
        Assert.Equal(1, driver.Dropped);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_link_goes_down_and_up_and_the_driver_hears_of_it(bool inProcess)
    {
        using DriverFixture fixture = DriverFixture.Net(inProcess);
        var driver = new VirtioNetDriver(new NetworkDriverOptions(), fixture.Machine);
        Assert.True(fixture.Driver.TryStart(driver));
        var device = (VirtioNetDevice)fixture.Device.Device;
        device.SetLink(false);
        fixture.Log.Clear();
        fixture.Settle();
        Assert.Equal(["begin", "interrupt", "end", "down"], fixture.Log.Take(4));
        Assert.False(device.Deliver(Frame));
        Assert.True(driver.TrySend(Frame));
        Assert.Empty(fixture.Network.Frames);
        device.SetLink(true);
        fixture.Settle();
        Assert.True(driver.IsLinkUp);
        Assert.True(device.Deliver(Frame));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_suspended_driver_catches_up_on_resume(bool inProcess)
    {
        using DriverFixture fixture = DriverFixture.Net(inProcess);
        var driver = new VirtioNetDriver(new NetworkDriverOptions(), fixture.Machine);
        Assert.True(fixture.Driver.TryStart(driver));
        var device = (VirtioNetDevice)fixture.Device.Device;
        fixture.Driver.Suspend();
        Assert.True(driver.TrySend(Frame));
        Assert.False(device.Deliver(Frame));
        Assert.Empty(fixture.Network.Frames);
        fixture.Driver.Resume();
        Assert.Equal(Frame, Assert.Single(fixture.Network.Frames));
        Assert.True(driver.TrySend(Frame));
        Assert.Equal(2, fixture.Network.Frames.Count);
        Assert.True(device.Deliver(Frame));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_console_carries_text_both_ways_whatever_its_length(bool inProcess)
    {
        using var fixture = new DriverFixture(inProcess, fixture => new VirtioConsoleDevice(fixture.Console));
        var driver = new VirtioConsoleDriver(fixture.Machine);
        Assert.True(fixture.Driver.TryStart(driver));
        string text = string.Concat(Enumerable.Range(0, 2000).Select(i => $"{i} "));
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        Assert.Equal(bytes.Length, driver.Write(bytes));
        Assert.Equal(text, fixture.Console.Text);

        var device = (VirtioConsoleDevice)fixture.Device.Device;
        for (int start = 0; start < bytes.Length; start += 3000)
        {
            Assert.True(device.TryInput(bytes.AsSpan(start, Math.Min(3000, bytes.Length - start))));
            fixture.Settle();
        }

        Assert.Equal(bytes, fixture.Machine.Input);
        Assert.Equal(0, device.InputWaiting);
    }

    [Fact]
    public void Console_input_has_a_limit_and_waits_for_its_driver()
    {
        using var fixture = new DriverFixture(inProcess: true, fixture => new VirtioConsoleDevice(fixture.Console));
        var device = (VirtioConsoleDevice)fixture.Device.Device;
        var input = new byte[VirtioConsoleDevice.InputBytesMax];
        new Random(2).NextBytes(input);
        Assert.True(device.TryInput(input.AsSpan(0, 1000)));
        Assert.True(device.TryInput(input.AsSpan(1000)));
        Assert.False(device.TryInput([1]));
        Assert.True(fixture.Driver.TryStart(new VirtioConsoleDriver(fixture.Machine)));
        fixture.Settle();
        Assert.Equal(input, fixture.Machine.Input);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_side_hears_of_the_other_going_away(bool inProcess)
    {
        using DriverFixture fixture = DriverFixture.Net(inProcess);
        var driver = new VirtioNetDriver(new NetworkDriverOptions(), fixture.Machine);
        Assert.True(fixture.Driver.TryStart(driver));
        ((IDisposable)fixture.Device).Dispose();
        while (fixture.Reactor.RunOnce(0))
        {
        }

        Assert.Null(Assert.Single(fixture.Machine.Lost));
        Assert.Equal(TransportState.Gone, fixture.Driver.State);
        Assert.False(driver.TrySend(Frame));

        using DriverFixture second = DriverFixture.Net(inProcess);
        Assert.True(second.Driver.TryStart(new VirtioNetDriver(new NetworkDriverOptions(), second.Machine)));
        second.Driver.Dispose();
        while (second.Reactor.RunOnce(0))
        {
        }

        Assert.Equal(TransportState.Gone, second.Device.State);
        Assert.Empty(second.Faults);
        Assert.Equal(0, second.Reactor.Count);
    }
}
