using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Security.Cryptography;

namespace Orrery.Interrupts.Conformance.Live;

/// <summary>
/// The agent, compiled from the C sources that travel inside this assembly (tools/kvm-agent), static, for arm64. The
/// program is kept in the cache under the hash of its sources.
/// </summary>
internal static class AgentBuild
{
    private const string ResourcePrefix = "kvm-agent/";
    private const string Compiler = "aarch64-linux-gnu-gcc";

    /// <summary>The path of the program, compiled when the cache has none.</summary>
    public static bool TryFind([NotNullWhen(true)] out string? program, out string problem)
    {
        SortedDictionary<string, byte[]> sources = Sources();
        string path = Path.Combine(LiveCache.Directory("kvm-agent"), $"agent-{HashOf(sources)}");
        program = path;
        problem = string.Empty;
        if (File.Exists(path))
        {
            return true;
        }

        DirectoryInfo work = Directory.CreateTempSubdirectory("orrery-agent-");
        try
        {
            foreach ((string name, byte[] text) in sources)
            {
                File.WriteAllBytes(Path.Combine(work.FullName, name), text);
            }

            string[] arguments =
            [
                "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-s", "-o", "agent",
                .. sources.Keys.Where(name => name.EndsWith(".c", StringComparison.Ordinal)),
            ];
            if (!ToolRun.TryRun(Compiler, arguments, work.FullName, TimeSpan.FromMinutes(2), out _, out problem))
            {
                problem += $" (the packages gcc-aarch64-linux-gnu and libc6-dev-arm64-cross provide {Compiler})";
                program = null;
                return false;
            }

            LiveCache.Publish(path, to => File.Copy(Path.Combine(work.FullName, "agent"), to, overwrite: true));
            return true;
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private static SortedDictionary<string, byte[]> Sources()
    {
        var sources = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        Assembly assembly = typeof(AgentBuild).Assembly;
        foreach (string name in assembly.GetManifestResourceNames())
        {
            if (name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            {
                using Stream resource = assembly.GetManifestResourceStream(name)!;
                var text = new byte[resource.Length];
                resource.ReadExactly(text);
                sources.Add(name[ResourcePrefix.Length..], text);
            }
        }

        return sources;
    }

    private static string HashOf(SortedDictionary<string, byte[]> sources)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, byte[] text) in sources)
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{name} {text.Length}\n"));
            hash.AppendData(text);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }
}
