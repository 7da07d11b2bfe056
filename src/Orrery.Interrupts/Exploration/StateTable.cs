using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Orrery.Interrupts.Exploration;

/// <summary>
/// The set of states found, numbered in the order in which they were found: a hash table with open addressing whose slots
/// hold 32 bits of number and 32 bits of hash, beside the list of the states themselves.
/// </summary>
/// <remarks>
/// A look-up that misses costs one cache line of the table, one that hits another of the list. Growing reads no slot: the
/// states are put in again, in order.
/// </remarks>
internal sealed class StateTable<TState> where TState : unmanaged, IEquatable<TState>
{
    private const int InitialSlots = 1 << 12;

    private readonly ChunkedList<TState> _states = new();
    private ulong[] _slots = new ulong[InitialSlots]; // 0: empty, else number + 1 in the low half, hash in the high half

    public int Count => (int)_states.Count;

    public ref TState this[int number] => ref _states[number];

    /// <summary>The bytes it will have, at most, while so many more states are put in.</summary>
    public long BytesWith(long more)
    {
        long slots = MustGrow(more) ? _slots.LongLength * 3 : _slots.LongLength; // the old ones live until all are moved
        return _states.BytesWith(more) + (slots * sizeof(ulong));
    }

    private bool MustGrow(long more) => (_states.Count + more) * 5 > _slots.LongLength * 3;

    /// <summary>A hash of all 64 bits, of the bytes of the state.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(in TState state)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<TState, ulong>(new ReadOnlySpan<TState>(in state));
        ulong hash = 0x9E37_79B9_7F4A_7C15;
        for (int i = 0; i < words.Length; i++)
        {
            // A 64 by 64 bit product folded upon itself mixes every bit of the word into every bit of the hash.
            ulong high = Math.BigMul(words[i] ^ hash, 0xD6E8_FEB8_6659_FD93, out ulong low);
            hash = high ^ low ^ BitOperations.RotateLeft(hash, 29);
        }

        return hash ^ (hash >> 32);
    }

    /// <summary>Asks for the cache line of the slot that a look-up of <paramref name="hash"/> reads first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchSlot(ulong hash) => Prefetch(ref FirstSlot(hash));

    /// <summary>Asks for the state that this look-up compares with first; to be called once its slot has had time to arrive.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchState(ulong hash)
    {
        ulong slot = FirstSlot(hash);
        if (slot != 0 && ((slot ^ hash) >> 32) == 0)
        {
            Prefetch(ref _states[(int)(uint)slot - 1]);
        }
    }

    /// <summary>The number of <paramref name="state"/>, which is put in if it is new.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int AddOrFind(in TState state, ulong hash, out bool isNew)
    {
        if (MustGrow(1))
        {
            Grow();
        }

        ulong mask = (ulong)(_slots.LongLength - 1);
        ulong position = hash & mask;
        while (true)
        {
            ref ulong slot = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_slots), (nint)position);
            if (slot == 0)
            {
                int number = Count;
                slot = (hash & 0xFFFF_FFFF_0000_0000) | (uint)(number + 1);
                _states.Add(state);
                isNew = true;
                return number;
            }

            if (((slot ^ hash) >> 32) == 0)
            {
                int number = (int)(uint)slot - 1;
                if (_states[number].Equals(state))
                {
                    isNew = false;
                    return number;
                }
            }

            position = (position + 1) & mask;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Prefetch<T>(ref T place)
    {
        if (Sse.IsSupported)
        {
            // A prefetch cannot fault: should the collector move the memory meanwhile, it is merely in vain.
            Sse.Prefetch0(Unsafe.AsPointer(ref place));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref ulong FirstSlot(ulong hash) => ref Unsafe.Add(
        ref MemoryMarshal.GetArrayDataReference(_slots), (nint)(hash & (ulong)(_slots.LongLength - 1)));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Grow()
    {
        _slots = new ulong[_slots.LongLength * 2];
        ulong mask = (ulong)(_slots.LongLength - 1);
        for (int number = 0; number < Count; number++)
        {
            ulong hash = Hash(_states[number]);
            ulong position = hash & mask;
            while (_slots[position] != 0)
            {
                position = (position + 1) & mask;
            }

            _slots[position] = (hash & 0xFFFF_FFFF_0000_0000) | (uint)(number + 1);
        }
    }
}
