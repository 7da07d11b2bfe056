using Orrery.Machines.Interrupts;
using Orrery.Simulation;

namespace Orrery.Machines.Serial;

/// <summary>
/// The machine's end of an acknowledged serial line (docs/serial.md). What is typed is taken and acknowledged outside
/// simulated time, after its interrupt has been put on the calendar; the program gets it in simulated time.
/// </summary>
public sealed class SerialPort
{
    /// <summary>Bytes that wait for the program; more are counted, acknowledged and lost, as a real UART loses them.</summary>
    public const int StagingBytesMax = 1 << 16;

    private readonly Machine _machine;
    private readonly InterruptLine _line;
    private readonly byte[] _piece = new byte[256];
    private byte[] _staging = [];
    private int _staged;

    internal SerialPort(Machine machine)
    {
        _machine = machine;
        _line = machine.Interrupts.Add("serial", OnInterrupt);
    }

    /// <summary>Its interrupt.</summary>
    public InterruptLine Line => _line;

    /// <summary>Bytes that were lost because the program did not keep up.</summary>
    public ulong OverrunCount { get; private set; }

    /// <summary>
    /// The sender, which has the turn, types at <paramref name="time"/>. Outside simulated time: the bytes are taken, the
    /// interrupt is on the calendar, and only then the acknowledgement is returned.
    /// </summary>
    /// <returns>How many bytes are acknowledged: all of them, always, so that no sender waits.</returns>
    public int Receive(ReadOnlySpan<byte> bytes, SimTime time)
    {
        int taken = Math.Min(bytes.Length, StagingBytesMax - _staged);
        if (_staged + taken > _staging.Length)
        {
            Array.Resize(ref _staging, Math.Min(StagingBytesMax, Math.Max(_staged + taken, 2 * _staging.Length)));
        }

        bytes[..taken].CopyTo(_staging.AsSpan(_staged));
        _staged += taken;
        OverrunCount += (ulong)(bytes.Length - taken);
        if (!bytes.IsEmpty)
        {
            _line.Arrive(time);
        }

        return bytes.Length;
    }

    internal SerialState Save() => new(_staging[.._staged], OverrunCount);

    /// <summary>Takes over what was saved.</summary>
    /// <returns>What is wrong with <paramref name="state"/>, which is not trusted; null when nothing is.</returns>
    internal string? Restore(SerialState state)
    {
        OverrunCount = state.OverrunCount;
        _staging = state.Input;
        _staged = state.Input.Length;
        return _staged > StagingBytesMax ? $"input: {_staged} bytes are more than {StagingBytesMax}" : null;
    }

    private void OnInterrupt()
    {
        int done = 0;
        while (done < _staged)
        {
            // The program may be typed at while it handles a piece; what is staged stays in place until all is handed over.
            int count = Math.Min(_piece.Length, _staged - done);
            _staging.AsSpan(done, count).CopyTo(_piece);
            done += count;
            _machine.OnSerialInput(_piece.AsSpan(0, count));
        }

        _staged = 0;
    }
}
