using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orrery.Lab.Kernels;

/// <summary>A kernel in the cache: the content of its <c>kernel.json</c>.</summary>
public sealed record CachedKernel
{
    /// <summary>The key of source and recipe, the name of its directory.</summary>
    public required string Key { get; init; }

    /// <summary>What the kernel calls itself, for example <c>6.12.117-orrery</c>.</summary>
    public required string Release { get; init; }

    /// <summary>The archive or directory it was made from.</summary>
    public required string Source { get; init; }

    /// <summary>The recipe's identity (<see cref="KernelRecipe"/>).</summary>
    public required string Recipe { get; init; }

    /// <summary>
    /// The compiler. It is not part of the key, so that an update of the host does not cost a build; whoever compares
    /// digests of two hosts compares <see cref="Sha256"/>.
    /// </summary>
    public required string Compiler { get; init; }

    /// <summary>The SHA-256 of the kernel's file, in hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The size of the kernel's file.</summary>
    public required long Bytes { get; init; }

    /// <summary>When it was built.</summary>
    public required DateTimeOffset Built { get; init; }

    /// <summary>The kernel's file.</summary>
    [JsonIgnore]
    public string Path { get; init; } = "";
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CachedKernel))]
internal sealed partial class CachedKernelJson : JsonSerializerContext;
