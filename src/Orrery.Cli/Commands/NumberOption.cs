using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace Orrery.Cli.Commands;

/// <summary>Options whose value is a number with limits.</summary>
internal static class NumberOption
{
    /// <summary>An option that takes what <paramref name="allows"/> allows, and says of all else what was expected.</summary>
    public static Option<T?> Create<T>(
        string name, string helpName, string description, Func<T, bool> allows, string expected, params string[] aliases)
        where T : struct, INumber<T>
        => new(name, aliases)
        {
            HelpName = helpName,
            Description = description,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (T.TryParse(text, CultureInfo.InvariantCulture, out T number) && allows(number))
                {
                    return number;
                }

                result.AddError($"{name} {text}: expected {expected}");
                return null;
            },
        };
}
