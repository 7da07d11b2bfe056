using System.Runtime.CompilerServices;

namespace Orrery.Interrupts.Exploration;

/// <summary>
/// A list that grows by chunks, so that a growing exploration never copies what it has and never needs one huge array.
/// </summary>
internal sealed class ChunkedList<T> where T : unmanaged
{
    private const int ChunkBits = 14;
    private const int ChunkMask = (1 << ChunkBits) - 1;

    private T[][] _chunks = new T[64][];
    private int _chunkCount;

    public long Count { get; private set; }

    /// <summary>The bytes it will have when it holds so many more elements.</summary>
    public long BytesWith(long more) =>
        (Math.Max(_chunkCount, (Count + more + ChunkMask) >> ChunkBits) << ChunkBits) * Unsafe.SizeOf<T>();

    public ref T this[long index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _chunks[index >> ChunkBits][index & ChunkMask];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(in T value)
    {
        long index = Count;
        if ((index & ChunkMask) == 0)
        {
            AddChunk();
        }

        _chunks[index >> ChunkBits][index & ChunkMask] = value;
        Count = index + 1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddChunk()
    {
        if (_chunkCount == _chunks.Length)
        {
            Array.Resize(ref _chunks, _chunks.Length * 2);
        }

        _chunks[_chunkCount++] = GC.AllocateUninitializedArray<T>(1 << ChunkBits);
    }
}
