using System.Reflection;
using System.Runtime.Loader;

namespace Orrery.Machines.Programs;

/// <summary>Makes programs of classes that are in somebody else's assembly (docs/machines.md, "A program of one's own").</summary>
internal static class ProgramAssembly
{
    /// <summary>Makes a program.</summary>
    /// <param name="path">The assembly; absolute.</param>
    /// <param name="className">The class, with or without its namespace.</param>
    /// <param name="arguments">For its constructor.</param>
    /// <param name="error">What is wrong, when null is returned.</param>
    public static MachineProgram? Create(string path, string className, ProgramArguments arguments, out string error)
    {
        if (TryLoad(path, out Type[] programs, out error)
            && TryFind(programs, path, className, out Type? type, out error)
            && TryFindConstructor(type!, out ConstructorInfo? constructor, out error))
        {
            return Construct(constructor!, arguments, out error);
        }

        return null;
    }

    private static bool TryLoad(string path, out Type[] programs, out string error)
    {
        programs = [];
        try
        {
            // In the context of Orrery's own assemblies: the class derives from one of theirs.
            Assembly assembly = AssemblyLoadContext.Default.LoadFromAssemblyPath(path);
            programs = [.. assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(MachineProgram)) && !type.IsAbstract)];
            error = "";
            return true;
        }
        catch (Exception e) when (e is IOException or BadImageFormatException)
        {
            error = $"{path} cannot be loaded: {e.Message}";
        }
        catch (ReflectionTypeLoadException e)
        {
            error = $"{path} lacks something it needs: {e.LoaderExceptions.FirstOrDefault()?.Message ?? e.Message}";
        }

        return false;
    }

    private static bool TryFind(Type[] programs, string path, string className, out Type? type, out string error)
    {
        error = "";
        Type[] matches = [.. programs.Where(candidate => candidate.FullName == className || candidate.Name == className)];
        type = matches.Length == 1 ? matches[0] : null;
        if (type is not null)
        {
            return true;
        }

        string names = string.Join(", ", (matches.Length > 1 ? matches : programs).Select(candidate => candidate.FullName).Order());
        error = matches.Length > 1
            ? $"{path} has several classes {className}: {names}"
            : $"{path} has no class {className} that derives from {nameof(MachineProgram)}; there are: {(names.Length > 0 ? names : "none")}";
        return false;
    }

    private static bool TryFindConstructor(Type type, out ConstructorInfo? constructor, out string error)
    {
        constructor = type.GetConstructor([typeof(ProgramArguments)]) ?? type.GetConstructor([]);
        error = constructor is null
            ? $"{type.FullName} has no public constructor that takes nothing or {nameof(ProgramArguments)}"
            : "";
        return constructor is not null;
    }

    private static MachineProgram? Construct(ConstructorInfo constructor, ProgramArguments arguments, out string error)
    {
        try
        {
            error = "";
            return (MachineProgram)constructor.Invoke(constructor.GetParameters().Length > 0 ? [arguments] : []);
        }
        catch (TargetInvocationException e)
        {
            error = $"the constructor of {constructor.DeclaringType!.FullName} threw {e.InnerException!.GetType().Name}: {e.InnerException.Message}";
            return null;
        }
    }
}
