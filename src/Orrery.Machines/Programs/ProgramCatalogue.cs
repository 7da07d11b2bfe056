namespace Orrery.Machines.Programs;

/// <summary>The programs a C# machine can run by name.</summary>
public static class ProgramCatalogue
{
    private static readonly Dictionary<string, Func<ProgramArguments, MachineProgram>> Programs = new()
    {
        ["ping"] = PingProgram.Create,
        ["echo"] = EchoProgram.Create,
        ["flow"] = FlowProgram.Create,
        ["shell"] = ShellProgram.Create,
    };

    /// <summary>Their names.</summary>
    public static IReadOnlyCollection<string> Names => Programs.Keys;

    /// <summary>Whether the program serves others for ever: nobody waits for it to exit.</summary>
    public static bool IsService(string name) => name == "echo";

    /// <summary>Makes a program.</summary>
    /// <param name="words">Its name, or its class, and its arguments.</param>
    /// <param name="assembly">The assembly that its class is in; null for the programs of this catalogue.</param>
    /// <param name="error">What is wrong, when null is returned.</param>
    public static MachineProgram? Create(IReadOnlyList<string> words, string? assembly, out string error)
    {
        string name = words.Count > 0 ? words[0] : "";
        var arguments = new ProgramArguments([.. words.Skip(1)], "quiet");
        MachineProgram? program = assembly is null
            ? CreateOwn(name, arguments, out error)
            : ProgramAssembly.Create(assembly, name, arguments, out error);
        if (program is null)
        {
            return null;
        }

        arguments.CheckAllRead();
        error = arguments.Error is null ? "" : $"{name}: {arguments.Error}";
        return arguments.Error is null ? program : null;
    }

    private static MachineProgram? CreateOwn(string name, ProgramArguments arguments, out string error)
    {
        bool isKnown = Programs.TryGetValue(name, out Func<ProgramArguments, MachineProgram>? create);
        error = isKnown ? "" : $"no program '{name}'; there are: {string.Join(", ", Names.Order())}";
        return isKnown ? create!(arguments) : null;
    }
}
