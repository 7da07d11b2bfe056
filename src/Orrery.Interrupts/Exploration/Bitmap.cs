using System.Numerics;

namespace Orrery.Interrupts.Exploration;

/// <summary>One bit per state.</summary>
internal sealed class Bitmap(int length)
{
    private readonly ulong[] _words = new ulong[(length + 63) / 64];

    public int Length => length;

    public bool this[int index]
    {
        get => (_words[index >> 6] >> index & 1) != 0;
        set
        {
            ulong bit = 1UL << index;
            _words[index >> 6] = value ? _words[index >> 6] | bit : _words[index >> 6] & ~bit;
        }
    }

    /// <summary>The numbers of the bits that are set.</summary>
    public int[] ToIndexes()
    {
        int count = 0;
        foreach (ulong word in _words)
        {
            count += BitOperations.PopCount(word);
        }

        int[] indexes = new int[count];
        int next = 0;
        for (int i = 0; i < _words.Length; i++)
        {
            for (ulong word = _words[i]; word != 0; word &= word - 1)
            {
                indexes[next++] = (i << 6) + BitOperations.TrailingZeroCount(word);
            }
        }

        return indexes;
    }
}
