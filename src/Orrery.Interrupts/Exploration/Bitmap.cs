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
}
