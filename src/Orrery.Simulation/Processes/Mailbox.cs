using System.Diagnostics.CodeAnalysis;

namespace Orrery.Simulation;

/// <summary>A bounded queue of things for one process, in the order in which they were sent.</summary>
/// <typeparam name="T">What is sent.</typeparam>
public sealed class Mailbox<T>
{
    private readonly Queue<T> _items = new();
    private readonly Process _receiver;
    private readonly int _capacity;

    /// <summary>An empty mailbox.</summary>
    /// <param name="receiver">The process that receives.</param>
    /// <param name="capacity">How many things it holds at most.</param>
    public Mailbox(Process receiver, int capacity)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _receiver = receiver;
        _capacity = capacity;
    }

    /// <summary>How many things are in it.</summary>
    public int Count => _items.Count;

    /// <summary>Raised whenever something is sent; to wait for it with a timeout.</summary>
    public Signal Arrived { get; } = new();

    /// <summary>Sends to the mailbox; called on the receiver's timeline.</summary>
    /// <returns>False, and nothing sent, when it is full.</returns>
    public bool TrySend(T item)
    {
        if (_items.Count >= _capacity)
        {
            return false;
        }

        _items.Enqueue(item);
        Arrived.Raise();
        return true;
    }

    /// <summary>Takes the first thing, if there is one.</summary>
    public bool TryReceive([MaybeNullWhen(false)] out T item) => _items.TryDequeue(out item);

    /// <summary>Awaits the first thing and takes it. One part of the receiver at a time.</summary>
    public ReceiveAwaiter Receive() => new(this);

    /// <summary>Awaits the first thing in a mailbox.</summary>
    public readonly struct ReceiveAwaiter : ISimulationAwaiter
    {
        private readonly Mailbox<T> _mailbox;

        internal ReceiveAwaiter(Mailbox<T> mailbox) => _mailbox = mailbox;

        /// <inheritdoc cref="DelayAwaiter.IsCompleted"/>
        public bool IsCompleted => _mailbox.Count != 0 || _mailbox._receiver.IsCancelled;

        /// <inheritdoc cref="DelayAwaiter.GetAwaiter"/>
        public ReceiveAwaiter GetAwaiter() => this;

        /// <summary>Takes it.</summary>
        /// <exception cref="OperationCanceledException">The process was cancelled.</exception>
        /// <exception cref="InvalidOperationException">Another part of the process has taken it.</exception>
        public T GetResult()
        {
            _mailbox._receiver.ThrowIfCancelled();
            return _mailbox._items.Dequeue();
        }

        void ISimulationAwaiter.Suspend(SimTask task) => task.Wait(_mailbox._receiver, SimTime.Never, _mailbox.Arrived);
    }
}
