using System.Runtime.CompilerServices;

namespace Orrery.Interrupts.Exploration;

/// <summary>
/// An explicit-state model checker: visits every reachable state breadth first, checks the safety properties on each state
/// and step, then the liveness properties on the graph of all of them.
/// </summary>
public static class Explorer
{
    /// <summary>Explores <paramref name="model"/> until all is seen, a selected property is violated, or a limit is reached.</summary>
    /// <exception cref="ArgumentException">
    /// The state's size is no multiple of 8 bytes, or the model has more properties or constraints than fit.
    /// </exception>
    public static ExplorationResult Explore<TModel, TState>(TModel model, ExplorationOptions? options = null)
        where TModel : struct, IModel<TState>
        where TState : unmanaged, IEquatable<TState>
    {
        if (Unsafe.SizeOf<TState>() % sizeof(ulong) != 0)
        {
            throw new ArgumentException("A state must be a multiple of 8 bytes.", nameof(model));
        }

        if (model.Description.Safety.Count > 32 || model.Description.Fairness.Count > 31)
        {
            throw new ArgumentException("At most 32 safety properties and 31 fairness constraints.", nameof(model));
        }

        return new Exploration<TModel, TState>(model, options ?? new ExplorationOptions()).Run();
    }
}
