using System.Text;

namespace Orrery.Lab.Files;

/// <summary>What became of a lab file.</summary>
/// <param name="Lab">The lab; null when a diagnostic is an error.</param>
/// <param name="Diagnostics">Errors and warnings in the order of the file, those of overrides last.</param>
public sealed record LabFileResult(LabDefinition? Lab, IReadOnlyList<LabDiagnostic> Diagnostics);

/// <summary>What changes a lab on its way in.</summary>
public sealed record LabFileOptions
{
    /// <summary>Applied in order, before the lab is checked.</summary>
    public IReadOnlyList<LabOverride> Overrides { get; init; } = [];

    /// <summary>A shell command that the first Linux node runs in place of its own.</summary>
    public string? Command { get; init; }
}

/// <summary>Reads lab files: Orrery's own, and those of vlab.</summary>
public static class LabFile
{
    /// <summary>Reads, resolves and checks the lab in the file at <paramref name="path"/>.</summary>
    public static LabFileResult Load(string path, LabFileOptions? options = null)
    {
        string text;
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (stream.Length > LabTreeReader.FileSizeMax)
            {
                return Failed(path, $"a file of {stream.Length} bytes", $"at most {LabTreeReader.FileSizeMax}");
            }

            // Other encodings have byte order marks that are not UTF-8; UTF-8's own is no part of the text.
            using var reader = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: false);
            text = reader.ReadToEnd().TrimStart('\ufeff');
        }
        catch (DecoderFallbackException)
        {
            return Failed(path, "bytes that are not UTF-8", "a YAML file");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            string found = Directory.Exists(path) ? "a directory"
                : error is FileNotFoundException or DirectoryNotFoundException ? "no such file"
                : "a file that you may not read";
            return Failed(path, found, "a lab file");
        }

        return Parse(text, path, options);
    }

    /// <summary>Reads, resolves and checks a lab.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="file">The name that messages give it; relative paths in the lab begin in its folder.</param>
    public static LabFileResult Parse(string text, string file, LabFileOptions? options = null)
    {
        options ??= new LabFileOptions();
        var diagnostics = new List<LabDiagnostic>();
        LabDefinition? lab = null;
        LabValue? root = LabTreeReader.Read(text, file, diagnostics);
        if (root is not null)
        {
            if (VlabTranslation.Applies(root))
            {
                root = VlabTranslation.Translate((LabMapping)root, diagnostics);
            }

            foreach (LabOverride change in options.Overrides)
            {
                root = change.Apply(root, diagnostics);
            }

            root = RangeExpansion.Apply(root, diagnostics);
            if (options.Command is not null)
            {
                root = SetCommand(root, options.Command, diagnostics);
            }

            lab = LabReader.Read(root, new LabSource(text, file, options.Overrides), diagnostics);
        }

        return new LabFileResult(lab, [.. diagnostics.Distinct().OrderBy(d => d.Line == 0).ThenBy(d => d.Line).ThenBy(d => d.Column)]);
    }

    private static LabFileResult Failed(string path, string found, string expected) =>
        new(null, [new LabDiagnostic(path, 0, 0, found, expected)]);

    private static LabValue SetCommand(LabValue root, string command, List<LabDiagnostic> diagnostics)
    {
        var change = new LabOverride("", command, $"-- {command}");
        LabEntry? first = ((root as LabMapping)?.Find("nodes") as LabMapping)?.Entries.Cast<LabEntry?>().FirstOrDefault(entry => IsLinux(entry!.Value.Value));
        if (first is not null)
        {
            return (change with { Path = $"nodes.{first.Value.Name}.run" }).Apply(root, new LabScalar(change.Place, command, IsPlain: false), diagnostics);
        }

        diagnostics.Add(change.Place.Error("a command", "a lab with a Linux node to run it"));
        return root;
    }

    private static bool IsLinux(LabValue node) =>
        node is not LabMapping mapping || mapping.Find("kind") is null or LabScalar { Text: LinuxNode.KindName };
}
