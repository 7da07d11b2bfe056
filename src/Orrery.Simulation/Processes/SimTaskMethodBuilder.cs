using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Orrery.Simulation;

#pragma warning disable CA1000, CA1822 // the shape of a builder is given: C# specification, "Task-type builder pattern"

/// <summary>Makes <see cref="SimTask{T}"/> out of <c>async</c> methods; for the compiler.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public struct SimTaskMethodBuilder<T>
{
    private SimTask<T>? _task;

    /// <summary>The method's task.</summary>
    public readonly SimTask<T> Task => _task!;

    /// <summary>A new builder.</summary>
    public static SimTaskMethodBuilder<T> Create() => default;

    /// <summary>Runs the method to its first await.</summary>
    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => stateMachine.MoveNext();

    /// <summary>Not used: the state machine is boxed at the first await.</summary>
    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    /// <summary>The method returned.</summary>
    public void SetResult(T result)
    {
        if (_task is null)
        {
            _task = typeof(T) == typeof(ValueTuple) ? ReturnedTask<T>.Default : ReturnedTask<T>.Returned(result);
        }
        else
        {
            _task.Complete(result);
        }
    }

    /// <summary>The method threw. Before its first await the caller gets the exception, as from any method.</summary>
    public readonly void SetException(Exception exception)
    {
        if (_task is null)
        {
            ExceptionDispatchInfo.Throw(exception);
        }

        _task.Complete(exception);
    }

    /// <summary>The method awaits.</summary>
    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine => Suspend(ref awaiter, ref stateMachine);

    /// <summary>The method awaits.</summary>
    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine => Suspend(ref awaiter, ref stateMachine);

    private void Suspend<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine
    {
        // Known when the code is compiled for each awaiter: no boxing, and no way to the thread pool.
        if (awaiter is not ISimulationAwaiter)
        {
            throw new InvalidOperationException(
                $"A process awaits only simulated time (Process.Delay, Process.Wait, Mailbox.Receive, SimTask), not {typeof(TAwaiter)}.");
        }

        if (_task is null)
        {
            var task = new SuspendedTask<TStateMachine, T>();
            _task = task; // before the copy: this builder is a part of the state machine
            task.StateMachine = stateMachine;
        }

        ((ISimulationAwaiter)awaiter).Suspend(_task);
    }
}

/// <summary>Makes <see cref="SimTask"/> out of <c>async</c> methods; for the compiler.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public struct SimTaskMethodBuilder
{
    private SimTaskMethodBuilder<ValueTuple> _builder;

    /// <summary>The method's task.</summary>
    public readonly SimTask Task => _builder.Task;

    /// <summary>A new builder.</summary>
    public static SimTaskMethodBuilder Create() => default;

    /// <inheritdoc cref="SimTaskMethodBuilder{T}.Start"/>
    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => stateMachine.MoveNext();

    /// <inheritdoc cref="SimTaskMethodBuilder{T}.SetStateMachine"/>
    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    /// <inheritdoc cref="SimTaskMethodBuilder{T}.SetResult"/>
    public void SetResult() => _builder.SetResult(default);

    /// <inheritdoc cref="SimTaskMethodBuilder{T}.SetException"/>
    public readonly void SetException(Exception exception) => _builder.SetException(exception);

    /// <inheritdoc cref="SimTaskMethodBuilder{T}.AwaitOnCompleted"/>
    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine => _builder.AwaitOnCompleted(ref awaiter, ref stateMachine);

    /// <inheritdoc cref="SimTaskMethodBuilder{T}.AwaitUnsafeOnCompleted"/>
    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine => _builder.AwaitUnsafeOnCompleted(ref awaiter, ref stateMachine);
}
