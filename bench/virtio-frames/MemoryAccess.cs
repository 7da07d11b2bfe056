using Microsoft.Win32.SafeHandles;
using Orrery.Posix;

namespace Orrery.Bench.VirtioFrames;

/// <summary>Reads of guest memory: through a mapping, by system call, and the check that the file has kept its size.</summary>
internal sealed unsafe class MemoryAccess : IDisposable
{
    private const int Bytes = 1 << 24;
    private const int ReadBytes = 110;

    private readonly FileDescriptor _file = MemoryFile.Create("bench", Bytes);
    private readonly MemoryMapping _mapping;
    private readonly SafeFileHandle _handle;
    private readonly byte[] _copy = new byte[ReadBytes];
    private long _offset;

    public MemoryAccess()
    {
        _mapping = MemoryMapping.Create(_file, 0, Bytes, out _)!;
        new Span<byte>(_mapping.Start, Bytes).Fill(1);
        _handle = new SafeFileHandle(_file.Number, ownsHandle: false);
    }

    public void Map() => new ReadOnlySpan<byte>(_mapping.Start + Next(), ReadBytes).CopyTo(_copy);

    public void Pread() => RandomAccess.Read(_handle, _copy, Next());

    public void CheckSize()
    {
        if (_file.Length != Bytes)
        {
            throw new InvalidOperationException("The file has changed its size.");
        }
    }

    public void Dispose()
    {
        _handle.Dispose();
        _mapping.Dispose();
        _file.Dispose();
    }

    private long Next() => _offset = (_offset + 4096) & (Bytes - 4096);
}
