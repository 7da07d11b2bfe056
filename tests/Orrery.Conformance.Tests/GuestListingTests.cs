using System.Diagnostics;
using System.Text;
using Orrery.Interrupts.Conformance.Generation;
using Orrery.Interrupts.Conformance.Guests;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic.Kvm;
using Xunit;

namespace Orrery.Conformance.Tests;

/// <summary>The listing of a guest is the guest: the GNU assembler makes the same bytes of it.</summary>
public sealed class GuestListingTests
{
    [Theory]
    [InlineData(VgicKind.GicV2)]
    [InlineData(VgicKind.GicV3)]
    public void The_GNU_assembler_agrees_with_ours(VgicKind gic)
    {
        var generator = new ProgramGenerator(gic, 11);
        for (int number = 0; number < 12; number++)
        {
            var code = new GuestCode(gic, 0);
            foreach (Operation op in generator.Generate(number).Operations.Where(op => op is { IsGuest: true, Vcpu: 0 }))
            {
                code.Append(op);
            }

            code.AppendExit();
            Assert.Equal(Assemble(code), code.ToBytes());
        }
    }

    private static byte[] Assemble(GuestCode code)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("orrery-listing-");
        try
        {
            var text = new StringBuilder();
            foreach (var line in code.Listing)
            {
                text.Append(line.Text).Append('\n');
            }

            File.WriteAllText(Path.Combine(directory.FullName, "guest.s"), text.ToString());
            Run(directory, "aarch64-linux-gnu-gcc", "-march=armv8-a", "-c", "guest.s", "-o", "guest.o");
            Run(directory, "aarch64-linux-gnu-objcopy", "-O", "binary", "guest.o", "guest.bin");
            return File.ReadAllBytes(Path.Combine(directory.FullName, "guest.bin"));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static void Run(DirectoryInfo directory, string tool, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(tool, arguments)
        {
            WorkingDirectory = directory.FullName,
            RedirectStandardError = true,
        })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
    }
}
