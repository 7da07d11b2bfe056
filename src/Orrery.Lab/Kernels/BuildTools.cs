using System.Text;
using Orrery.Posix;

namespace Orrery.Lab.Kernels;

/// <summary>The programs of the host that build a kernel.</summary>
internal static class BuildTools
{
    private const int BufferBytes = 16 << 10;

    // A file that stands for each Debian package; programs are looked for in the search path.
    private static readonly (string File, string Package)[] Needed =
    [
        ("gcc", "gcc"), ("make", "make"), ("flex", "flex"), ("bison", "bison"), ("bc", "bc"), ("patch", "patch"),
        ("xz", "xz-utils"), ("strip", "binutils"), ("/usr/include/stdio.h", "libc6-dev"),
    ];

    /// <summary>What is missing, as the line that installs it; empty when nothing is.</summary>
    internal static string FindMissing()
    {
        string[] packages = [.. Needed.Where(tool => Find(tool.File) is null).Select(tool => tool.Package)];
        return packages.Length == 0
            ? ""
            : "building the kernel needs more packages: apt-get install " + string.Join(' ', packages);
    }

    /// <summary>The first line of the compiler's version.</summary>
    internal static string DescribeCompiler()
    {
        string first = "";
        Run(["gcc", "--version"], "/", line => first = first.Length == 0 ? line : first, CancellationToken.None);
        return first;
    }

    /// <summary>Runs a program and waits for its end.</summary>
    /// <param name="arguments">The program's name, looked for in the search path, and its arguments.</param>
    /// <param name="folder">Where it runs.</param>
    /// <param name="onLine">Told every line it prints, on either of its outputs.</param>
    /// <param name="stop">Ends it early.</param>
    /// <returns>Its exit status as a shell reports it; 127 when there is no such program.</returns>
    internal static int Run(string[] arguments, string folder, Action<string> onLine, CancellationToken stop)
    {
        const int notFound = 127;
        if (Find(arguments[0]) is not { } file)
        {
            return notFound;
        }

        using FileDescriptor nothing = FileDescriptor.OpenNull();
        (FileDescriptor output, FileDescriptor outputEnd) = FileDescriptor.CreatePipe();
        using (output)
        {
            ChildProcess? process;
            using (outputEnd)
            {
                process = ChildProcess.Start(
                    new SpawnOptions
                    {
                        File = file,
                        Arguments = arguments,
                        Environment = [.. KernelRecipe.Environment, "PATH=" + SearchPath],
                        WorkingDirectory = folder,
                        Descriptors = [nothing, outputEnd, outputEnd],
                        OwnGroup = true,
                    },
                    out int error);
                if (process is null)
                {
                    onLine($"{file}: {Errno.Describe(error)}");
                    return notFound;
                }
            }

            using (process)
            using (stop.Register(process.KillGroup)) // with all the compilers
            {
                ReadLines(output, onLine);
                process.Exited.WaitReadable(Timeout.Infinite);
                return process.TryReap()?.ShellStatus ?? notFound;
            }
        }
    }

    private static string SearchPath => Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin";

    private static string? Find(string file)
        => Path.IsPathRooted(file)
            ? File.Exists(file) ? file : null
            : SearchPath.Split(':').Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);

    private static void ReadLines(FileDescriptor output, Action<string> onLine)
    {
        var buffer = new byte[BufferBytes];
        var line = new List<byte>();
        int count;
        while ((count = output.Read(buffer)) > 0)
        {
            foreach (byte value in buffer.AsSpan(0, count))
            {
                if (value == '\n')
                {
                    onLine(Encoding.UTF8.GetString([.. line]));
                    line.Clear();
                }
                else
                {
                    line.Add(value);
                }
            }
        }

        if (line.Count > 0)
        {
            onLine(Encoding.UTF8.GetString([.. line]));
        }
    }
}
