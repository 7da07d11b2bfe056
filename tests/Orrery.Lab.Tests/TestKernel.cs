using Orrery.Lab.Kernels;

namespace Orrery.Lab.Tests;

/// <summary>The kernel that tests boot: the one that labs boot, built by the first test that needs it.</summary>
internal static class TestKernel
{
    private static readonly Lazy<string> Built = new(Build);

    public static string Path => Built.Value;

    private static string Build()
        => KernelCache.OfUser.FindOrBuild(new Silent(), out string error, CancellationToken.None)?.Path
            ?? throw new InvalidOperationException(error);

    private sealed class Silent : IKernelBuildProgress
    {
        public void OnStage(KernelBuildStage stage)
        {
        }

        public void OnCompiled(double fraction)
        {
        }
    }
}
