namespace Orrery.Simulation;

/// <summary>
/// Where one thread waits until another opens. It spins for a moment, since the other is often about to open and waking a
/// thread costs more; then it blocks.
/// </summary>
internal sealed class Gate
{
    private const int SpinsMax = 100;

    private readonly object _lock = new(); // a Lock has no condition to wait for
    private volatile bool _isOpen;

    internal void Close() => _isOpen = false;

    internal void Open()
    {
        lock (_lock)
        {
            _isOpen = true;
            Monitor.Pulse(_lock);
        }
    }

    internal void Wait()
    {
        var spinner = new SpinWait();
        for (int spins = 0; spins < SpinsMax && !_isOpen; spins++)
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }

        if (!_isOpen)
        {
            lock (_lock)
            {
                while (!_isOpen)
                {
                    Monitor.Wait(_lock);
                }
            }
        }
    }
}
