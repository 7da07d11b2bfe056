using System.Collections.Immutable;

namespace Orrery.Lab.Files;

/// <summary>Reads the files that are added to a Linux node's root.</summary>
/// <param name="folder">The folder of the lab file: relative paths begin there.</param>
internal sealed class GuestFileReader(string folder, List<LabDiagnostic> diagnostics)
{
    private const string PathExpected = "an absolute path in the guest, without '..'";

    public ImmutableArray<GuestFile> Read(Section node)
    {
        Section? files = node.FindSection("files", "files by their path in the guest", null);
        if (files is null)
        {
            return [];
        }

        var result = ImmutableArray.CreateBuilder<GuestFile>();
        foreach (LabEntry entry in files.Entries)
        {
            if (!entry.Name.StartsWith('/') || entry.Name.EndsWith('/') || entry.Name.Split('/').Contains(".."))
            {
                diagnostics.Add(entry.Place.Error($"the path '{entry.Name}'", PathExpected));
            }
            else if (ReadFile(entry) is { } file)
            {
                result.Add(file);
            }
        }

        return result.DrainToImmutable();
    }

    private GuestFile? ReadFile(LabEntry entry)
    {
        if (entry.Value is LabScalar path)
        {
            return Source(path) is { } alone ? new GuestFile(entry.Name, alone, null, null) : null;
        }

        var file = new Section(entry.Value, "a file", LabKeys.File, diagnostics);
        LabScalar? source = file.Scalar("source", "a path on this host");
        LabScalar? text = file.Scalar("text", "the text of the file");
        if (source is null == text is null)
        {
            diagnostics.Add(entry.Place.Error(source is null ? "neither 'source' nor 'text'" : "both 'source' and 'text'", "one of the two"));
            return null;
        }

        int? mode = ReadMode(file);
        if (text is not null)
        {
            return new GuestFile(entry.Name, null, text.Text, mode);
        }

        return Source(source!) is { } resolved ? new GuestFile(entry.Name, resolved, null, mode) : null;
    }

    private string? Source(LabScalar path)
    {
        string full = Path.GetFullPath(path.Text, folder);
        if (path.Text.Length > 0 && (File.Exists(full) || Directory.Exists(full)))
        {
            return full;
        }

        diagnostics.Add(path.Place.Error(path.Describe(), "a file or directory that exists on this host"));
        return null;
    }

    private static int? ReadMode(Section file)
    {
        const string expected = "permission bits in octal, such as 755";
        LabScalar? mode = file.Scalar("mode", expected);
        if (mode is null)
        {
            return null;
        }

        if (mode.Text.Length is >= 3 and <= 5 && mode.Text.All(c => c is >= '0' and <= '7'))
        {
            int bits = Convert.ToInt32(mode.Text, 8);
            if (bits <= 0xfff)
            {
                return bits;
            }
        }

        file.Report(mode, expected);
        return null;
    }
}
