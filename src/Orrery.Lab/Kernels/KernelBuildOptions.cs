namespace Orrery.Lab.Kernels;

/// <summary>What to build, and how.</summary>
/// <param name="Source">The source.</param>
public sealed record KernelBuildOptions(KernelSource Source)
{
    /// <summary>Compilers at once.</summary>
    public int Jobs { get; init; } = Environment.ProcessorCount;

    /// <summary>Build although it is in the cache.</summary>
    public bool Force { get; init; }
}

/// <summary>Where a build stands.</summary>
public enum KernelBuildStage
{
    /// <summary>Another process builds; this one waits for it.</summary>
    WaitingForOther,

    /// <summary>The source is unpacked or copied.</summary>
    Unpacking,

    /// <summary>Patches are applied, the configuration is completed.</summary>
    Configuring,

    /// <summary>The compiler is at work.</summary>
    Compiling,

    /// <summary>The result is stored.</summary>
    Storing,
}

/// <summary>Told how far a build is, on the building thread.</summary>
public interface IKernelBuildProgress
{
    /// <summary>A stage begins.</summary>
    void OnStage(KernelBuildStage stage);

    /// <summary>The compiling stage is that far.</summary>
    /// <param name="fraction">From 0 to 1, estimated from the number of files.</param>
    void OnCompiled(double fraction);
}
