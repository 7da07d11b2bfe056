global using Xunit;

// Labs pin their workers and guests to processors; two at once would measure each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
