using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Orrery.Simulation;

/// <summary>
/// Event keys that are not due soon, roughly sorted: a hierarchical timing wheel. A key lies at the level of the highest
/// base-64 digit in which its time differs from <see cref="Base"/>, in the bucket of that digit. So the first bucket of the
/// lowest level in use holds the earliest keys, and a key moves down at most once per level.
/// </summary>
/// <remarks>
/// After Varghese and Lauck, "Hashed and hierarchical timing wheels", 1987. Buckets are chains of chunks out of one array, so
/// that the keys of a bucket lie together and nothing is allocated once the array has grown.
/// </remarks>
internal sealed class EventWheel
{
    private const int DigitBits = 6;
    private const int Digits = 1 << DigitBits;
    private const int Levels = 11; // 66 bits
    private const int ChunkSize = 128; // the first entry is the chunk's head: its Slot is the next chunk, its Rank the number of keys
    private const int ChunkKeys = ChunkSize - 1;
    private const int None = 0; // chunk 0 is full for ever

    private readonly int[] _buckets = new int[Levels * Digits]; // the first chunk of each
    private readonly ulong[] _occupied = new ulong[Levels]; // by level, a bit for each bucket in use
    private uint _occupiedLevels;
    private EventKey[] _chunks = NewChunks();
    private int _chunkCount = 1;
    private int _freeChunk;

    /// <summary>No key in the wheel is due before this.</summary>
    internal ulong Base { get; private set; }

    internal bool IsEmpty => _occupiedLevels == 0;

    /// <summary>Adds a key that is due at <see cref="Base"/> or later.</summary>
    internal void Add(EventKey key)
    {
        uint level = (uint)BitOperations.Log2((key.Time ^ Base) | 1) / DigitBits;
        uint digit = (uint)(key.Time >> (int)(level * DigitBits)) & (Digits - 1);
        ref EventKey head = ref Chunk(BucketAt(level, digit));
        uint place = head.Rank + 1;
        if (place == ChunkSize)
        {
            AddToNewChunk(key, level, digit);
            return;
        }

        head = Head(place, head.Slot);
        Unsafe.Add(ref head, place) = key;
    }

    /// <summary>
    /// Takes out all keys up to the new <see cref="Base"/>, which is at least the time of the first. The wheel must not be
    /// empty.
    /// </summary>
    /// <param name="run">Gets them when they are few. Must be empty.</param>
    /// <param name="heap">Gets them when they are many, all due at one instant.</param>
    internal void TakeFirst(EventRun run, EventHeap heap)
    {
        while (true)
        {
            int chunk = DetachFirst(out uint level, out uint digit);
            ulong width = 1ul << (int)(level * DigitBits);
            ulong start = (Base & ~((width << DigitBits) - 1)) | (digit * width);
            if (Chunk(chunk).Slot == None)
            {
                Base = start + (width - 1);
                run.Fill(KeysOf(chunk), start, width);
                Free(chunk);
                return;
            }

            Base = start;
            for (int next; chunk != None; chunk = next)
            {
                next = Chunk(chunk).Slot;
                MoveDown(chunk, level, heap);
                Free(chunk);
            }

            if (level == 0)
            {
                return;
            }
        }
    }

    /// <summary>Moves every key to <paramref name="keys"/>, which must have room for them.</summary>
    internal void MoveTo(Span<EventKey> keys)
    {
        while (!IsEmpty)
        {
            int chunk = DetachFirst(out _, out _);
            for (int next; chunk != None; chunk = next)
            {
                next = Chunk(chunk).Slot;
                KeysOf(chunk).CopyTo(keys);
                keys = keys[KeysOf(chunk).Length..];
                Free(chunk);
            }
        }
    }

    /// <summary>Sets the time before which nothing is added. The wheel must be empty.</summary>
    internal void Restart(ulong start) => Base = start;

    private static EventKey Head(uint count, int next) => new(0, count, next);

    private static EventKey[] NewChunks()
    {
        var chunks = new EventKey[4 * ChunkSize];
        chunks[None] = Head(ChunkKeys, None);
        return chunks;
    }

    private ref int BucketAt(uint level, uint digit) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_buckets), (level * Digits) + digit);

    private ref EventKey Chunk(int chunk) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_chunks), chunk * ChunkSize);

    private ReadOnlySpan<EventKey> KeysOf(int chunk) => _chunks.AsSpan((chunk * ChunkSize) + 1, (int)Chunk(chunk).Rank);

    private void AddToNewChunk(EventKey key, uint level, uint digit)
    {
        int chunk = TakeChunk();
        ref int bucket = ref BucketAt(level, digit);
        ref EventKey head = ref Chunk(chunk);
        head = Head(1, next: bucket);
        Unsafe.Add(ref head, 1) = key;
        bucket = chunk;
        _occupied[level] |= 1ul << (int)digit;
        _occupiedLevels |= 1u << (int)level;
    }

    /// <summary>Empties the first bucket and returns the chain of its chunks.</summary>
    private int DetachFirst(out uint level, out uint digit)
    {
        level = (uint)BitOperations.TrailingZeroCount(_occupiedLevels);
        digit = (uint)BitOperations.TrailingZeroCount(_occupied[level]);
        int chunk = BucketAt(level, digit);
        BucketAt(level, digit) = None;
        _occupied[level] &= _occupied[level] - 1;
        if (_occupied[level] == 0)
        {
            _occupiedLevels &= _occupiedLevels - 1;
        }

        return chunk;
    }

    private void MoveDown(int chunk, uint level, EventHeap heap)
    {
        // By index: adding may replace the array.
        int first = (chunk * ChunkSize) + 1;
        int end = first + (int)Chunk(chunk).Rank;
        for (int i = first; i < end; i++)
        {
            EventKey key = _chunks[i];
            if (level == 0)
            {
                heap.Add(key);
                continue;
            }

            Add(key);
        }
    }

    private void Free(int chunk)
    {
        Chunk(chunk) = Head(0, _freeChunk);
        _freeChunk = chunk;
    }

    private int TakeChunk()
    {
        int chunk = _freeChunk;
        if (chunk != None)
        {
            _freeChunk = Chunk(chunk).Slot;
            return chunk;
        }

        if ((_chunkCount + 1) * ChunkSize > _chunks.Length)
        {
            Array.Resize(ref _chunks, _chunks.Length * 2);
        }

        return _chunkCount++;
    }
}
