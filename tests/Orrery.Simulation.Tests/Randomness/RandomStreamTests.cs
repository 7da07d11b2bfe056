using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Orrery.Simulation.Tests.Randomness;

public class RandomStreamTests
{
    /// <summary>What a seed gives is part of every user's results: this never changes.</summary>
    [Fact]
    public void A_seed_and_a_name_give_the_same_numbers_in_every_version()
    {
        var stream = new RandomStream(42, "link client server/loss");
        Assert.Equal([17675941595569212165, 12278373377752786523, 17193218005868467015], Draw(stream, 3));
    }

    [Fact]
    public void The_generator_is_xoshiro256_starstar()
    {
        // First outputs from the state 1, 2, 3, 4, as in the authors' reference code.
        var stream = new RandomStream(0, "");
        Assert.True(stream.TryRestore(new RandomState(1, 2, 3, 4)));
        Assert.Equal([11520, 0, 1509978240, 1215971899390074240], Draw(stream, 4));
    }

    [Fact]
    public void Streams_differ_by_name_and_by_seed()
    {
        var first = new HashSet<ulong>();
        for (ulong seed = 0; seed < 100; seed++)
        {
            Assert.True(first.Add(new RandomStream(seed, "a").NextUInt64()));
            Assert.True(first.Add(new RandomStream(seed, "b").NextUInt64()));
        }
    }

    [Fact]
    public void A_saved_state_continues() => Prop.ForAll(
        ArbMap.Default.ArbFor<ulong>(),
        ArbMap.Default.ArbFor<byte>(),
        (seed, drawn) =>
        {
            var stream = new RandomStream(seed, "s");
            Draw(stream, drawn);
            var copy = new RandomStream(0, "s");
            return copy.TryRestore(stream.State) && Draw(copy, 10).SequenceEqual(Draw(stream, 10));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void No_stream_is_in_the_state_zero() => Assert.False(new RandomStream(1, "s").TryRestore(default));

    [Fact]
    public void Bounded_numbers_are_in_bounds_and_even()
    {
        var stream = new RandomStream(7, "s");
        var counts = new int[5];
        for (int i = 0; i < 50_000; i++)
        {
            counts[stream.NextBelow(5)]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400)); // 10 000 +- 4.5 standard deviations
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.NextBelow(0));
        Assert.Equal(SimDuration.Zero, stream.NextDuration(SimDuration.Zero));
        Assert.False(stream.NextBool(0));
        Assert.True(stream.NextBool(1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(21)]
    public void Filling_uses_the_stream_in_order(int length)
    {
        var bytes = new byte[length];
        new RandomStream(1, "s").Fill(bytes);
        byte[] expected = [.. Draw(new RandomStream(1, "s"), 3).SelectMany(BitConverter.GetBytes).Take(length)];
        Assert.Equal(expected, bytes);
    }

    private static ulong[] Draw(RandomStream stream, int count) => [.. Enumerable.Range(0, count).Select(_ => stream.NextUInt64())];
}
