using System.Diagnostics.CodeAnalysis;

namespace Orrery.Cli.Commands;

/// <summary>Reads what a user names on the command line.</summary>
internal static class InputFile
{
    /// <summary>More than any trace that a person would look at; a larger file is a mistake.</summary>
    private const long Limit = 256L << 20;

    /// <summary>The text of a file. False, with the reason, when it cannot be read or is too large.</summary>
    public static bool TryReadText(string path, [NotNullWhen(true)] out string? text, out string problem)
    {
        text = null;
        try
        {
            var file = new FileInfo(path);
            if (file.Exists && file.Length > Limit)
            {
                problem = $"larger than {Limit >> 20} MiB";
                return false;
            }

            text = File.ReadAllText(path);
            problem = string.Empty;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = e.Message;
            return false;
        }
    }
}
