using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Orrery.Lab.Kernels;

/// <summary>
/// How the kernel of labs is made from a source: the configuration and the patches of <c>kernel/</c>, and an environment
/// that leaves nothing of the builder in the result.
/// </summary>
public sealed class KernelRecipe
{
    // Part of every key: to be raised when the way of building changes the result.
    private const string Version = "orrery kernel recipe 1\n";

    private const int KeyHexDigits = 16;

    internal KernelRecipe(string configuration, IReadOnlyList<KernelPatch> patches)
    {
        Configuration = configuration;
        Patches = patches;
    }

    /// <summary>The recipe that is part of this program.</summary>
    public static KernelRecipe Own { get; } = Load();

    /// <summary>What differs from the defaults of <c>ARCH=um</c>; the kernel's build completes it.</summary>
    public string Configuration { get; }

    /// <summary>Changes to the source, in the order in which they apply.</summary>
    public IReadOnlyList<KernelPatch> Patches { get; }

    /// <summary>
    /// The environment of the kernel's build, besides the search path. The time, user, host and number of a build are part
    /// of what the kernel calls itself, and so of a guest's random numbers.
    /// </summary>
    internal static IReadOnlyList<string> Environment { get; } =
    [
        "LC_ALL=C",
        "KBUILD_BUILD_TIMESTAMP=2026-01-01 00:00:00 UTC",
        "KBUILD_BUILD_USER=orrery",
        "KBUILD_BUILD_HOST=orrery",
        "KBUILD_BUILD_VERSION=1",
    ];

    /// <summary>The key under which a kernel made from <paramref name="sourceIdentity"/> by this recipe is cached.</summary>
    internal string KeyFor(string sourceIdentity)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, Version);
        Append(hash, sourceIdentity);
        Append(hash, Identity);
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..KeyHexDigits];
    }

    /// <summary>A hash over configuration and patches, in hexadecimal.</summary>
    internal string Identity
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            Append(hash, Configuration);
            foreach (KernelPatch patch in Patches)
            {
                Append(hash, patch.Name);
                Append(hash, patch.Text);
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
    }

    private static void Append(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        hash.AppendData(BitConverter.GetBytes(bytes.Length)); // so that no two lists of texts look alike
        hash.AppendData(bytes);
    }

    private static KernelRecipe Load()
    {
        const string patchPrefix = "kernel/patches/";
        Assembly assembly = Assembly.GetExecutingAssembly();
        IEnumerable<KernelPatch> patches = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(patchPrefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => new KernelPatch(name[patchPrefix.Length..], Read(assembly, name)));
        return new KernelRecipe(Read(assembly, "kernel/orrery.config"), [.. patches]);
    }

    private static string Read(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}

/// <summary>A change to the kernel's source, as <c>patch -p1</c> takes it.</summary>
public sealed record KernelPatch(string Name, string Text);
