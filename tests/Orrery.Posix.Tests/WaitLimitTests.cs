using Xunit;

namespace Orrery.Posix.Tests;

public sealed class WaitLimitTests
{
    [Fact]
    public void A_wait_is_cut_into_slices()
    {
        // A slice is what a stopped process loses of its limit at most.
        Assert.Equal(1000, new WaitLimit(int.MaxValue).Next());
        Assert.InRange(new WaitLimit(500).Next(), 1, 500);
        Assert.Equal(0, new WaitLimit(0).Next());
    }
}
