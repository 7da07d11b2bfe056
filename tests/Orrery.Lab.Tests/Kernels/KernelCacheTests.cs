using Orrery.Lab.Kernels;
using Xunit;

namespace Orrery.Lab.Tests.Kernels;

/// <summary>The cache and the build, with a source that takes no time: a makefile that copies a program.</summary>
public sealed class KernelCacheTests : IDisposable
{
    private const string Makefile = """
        # A makefile of the kernel's as the build uses it.
        mrproper:
        olddefconfig:
        	test -s .config && mkdir -p include/config && echo 6.12.0-orrery > include/config/kernel.release
        linux:
        	@for file in a b c; do echo "  CC      $$file.o"; done
        	@echo "$$KBUILD_BUILD_USER $$KBUILD_BUILD_TIMESTAMP $(ARCH)" > ../said
        	cp /bin/true linux

        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-test-").FullName;
    private readonly string _source;
    private readonly KernelCache _cache;
    private readonly Recorder _progress = new();

    public KernelCacheTests()
    {
        _source = Path.Combine(_folder, "source");
        Directory.CreateDirectory(Path.Combine(_source, "arch/um"));
        File.WriteAllText(Path.Combine(_source, "arch/um/Makefile"), "");
        File.WriteAllText(Path.Combine(_source, "Makefile"), Makefile);
        File.WriteAllText(Path.Combine(_source, "message"), "the source as it came\n");
        _cache = new KernelCache(Path.Combine(_folder, "cache"), new KernelRecipe("CONFIG_A=y\n", []));
    }

    private KernelSource Source => KernelSource.Find(_source, out _)!;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Builds_once_and_finds_it_again()
    {
        Assert.Null(_cache.Find(Source));
        CachedKernel? built = Build(out string error);
        Assert.True(built is not null, error);
        Assert.Equal("6.12.0-orrery", built.Release);
        Assert.True(File.Exists(built.Path));
        Assert.Equal(_cache.Folder, Path.GetDirectoryName(Path.GetDirectoryName(built.Path)));
        Assert.Equal([KernelBuildStage.Unpacking, KernelBuildStage.Configuring, KernelBuildStage.Compiling, KernelBuildStage.Storing], _progress.Stages);
        Assert.Equal(3, _progress.Compiled);

        Assert.Equal(built, _cache.Find(Source));
        Assert.Equal(built, Build(out _));
        Assert.Equal([built], _cache.List());
        Assert.Equal(4, _progress.Stages.Count); // nothing was built again
        string[] files = Directory.GetFiles(Path.GetDirectoryName(built.Path)!);
        Assert.Equal("config kernel.json linux", string.Join(' ', files.Select(Path.GetFileName).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Configuration_and_patches_are_applied_and_part_of_the_key()
    {
        KernelPatch patch = new("0001-message.patch", """
            --- a/message
            +++ b/message
            @@ -1 +1 @@
            -the source as it came
            +the source as we need it

            """);
        var patched = new KernelCache(_cache.Folder, new KernelRecipe("CONFIG_A=y\n", [patch]));
        var configured = new KernelCache(_cache.Folder, new KernelRecipe("CONFIG_B=y\n", []));
        File.AppendAllText(Path.Combine(_source, "Makefile"), "\t@cat message .config; exit 1\n");
        Assert.Contains("\n    the source as we need it\n    CONFIG_A=y\n", Fail(patched));
        Assert.Contains("\n    the source as it came\n    CONFIG_B=y\n", Fail(configured));
        Assert.Equal(2, Directory.GetFiles(_cache.Folder, "failed-*.log").Length);

        File.WriteAllText(Path.Combine(_source, "message"), "another source\n");
        Assert.StartsWith("applying kernel/patches/0001-message.patch failed", Fail(patched));

        string Fail(KernelCache cache)
        {
            Assert.Null(cache.Build(new KernelBuildOptions(Source), _progress, out string error, CancellationToken.None));
            return error;
        }
    }

    [Fact]
    public void A_changed_source_is_another_kernel()
    {
        CachedKernel first = Build(out _)!;
        File.AppendAllText(Path.Combine(_source, "Makefile"), "# changed\n");
        Assert.Null(_cache.Find(Source));
        CachedKernel second = Build(out _)!;
        Assert.NotEqual(first.Key, second.Key);
        Assert.Equal(2, _cache.List().Count);
    }

    [Fact]
    public void Force_replaces_what_is_there()
    {
        CachedKernel first = Build(out _)!;
        File.WriteAllText(first.Path, "damaged");
        var options = new KernelBuildOptions(Source) { Force = true };
        CachedKernel? second = _cache.Build(options, _progress, out string error, CancellationToken.None);
        Assert.True(second is not null, error);
        Assert.Equal(first.Path, second.Path);
        Assert.NotEqual("damaged", File.ReadAllText(second.Path));
        Assert.Single(_cache.List());
    }

    [Fact]
    public void A_failed_build_shows_and_keeps_its_log()
    {
        File.AppendAllText(Path.Combine(_source, "Makefile"), "\t@echo this is why; exit 1\n");
        Assert.Null(Build(out string error));
        Assert.StartsWith("compiling the kernel failed, the last lines of ", error);
        Assert.Contains("\n    this is why\n", error);
        string log = Assert.Single(Directory.GetFiles(_cache.Folder, "failed-*.log"));
        Assert.Contains(log, error);
        Assert.Contains("this is why", File.ReadAllText(log));
        Assert.False(Directory.Exists(Path.Combine(_cache.Folder, ".build")));
        Assert.Null(_cache.Find(Source));
    }

    [Fact]
    public void An_interrupted_build_leaves_nothing()
    {
        File.AppendAllText(Path.Combine(_source, "Makefile"), "\t@echo '  CC      waiting'; sleep 1000\n");
        using var stop = new CancellationTokenSource();
        _progress.OnFourth = stop.Cancel;
        Assert.Null(_cache.Build(new KernelBuildOptions(Source), _progress, out string error, stop.Token));
        Assert.Equal("interrupted", error);
        Assert.Empty(Directory.GetDirectories(_cache.Folder));
        Assert.Empty(Directory.GetFiles(_cache.Folder, "failed-*"));
    }

    [Fact]
    public void A_damaged_entry_is_as_good_as_none()
    {
        CachedKernel built = Build(out _)!;
        File.WriteAllText(Path.Combine(Path.GetDirectoryName(built.Path)!, "kernel.json"), "{ not json");
        Assert.Null(_cache.Find(Source));
        Assert.Empty(_cache.List());
        Assert.Equal(built.Key, Build(out _)!.Key);
    }

    [Fact]
    public void A_second_build_waits_for_the_first_and_takes_its_result()
    {
        string gate = Path.Combine(_folder, "gate");
        File.AppendAllText(Path.Combine(_source, "Makefile"), $"\t@while [ ! -e {gate} ]; do sleep 0.05; done\n");
        var second = new Recorder { OnWaiting = () => File.WriteAllText(gate, "") };
        CachedKernel? secondResult = null;
        var thread = new Thread(() => secondResult =
            _cache.Build(new KernelBuildOptions(Source), second, out _, CancellationToken.None));
        _progress.OnCompiling = thread.Start;
        CachedKernel? first = Build(out _);
        thread.Join();
        Assert.NotNull(first);
        Assert.Equal(first, secondResult);
        Assert.Equal([KernelBuildStage.WaitingForOther], second.Stages);
    }

    [Fact]
    public void A_source_that_is_none_is_refused()
    {
        Assert.Null(KernelSource.Find(Path.Combine(_folder, "nothing"), out string error));
        Assert.EndsWith("does not exist", error);
        Assert.Null(KernelSource.Find(_folder, out error));
        Assert.EndsWith("does not hold a Linux source (no arch/um/Makefile)", error);
    }

    [Fact]
    public void The_recipe_is_complete()
    {
        Assert.Contains("CONFIG_UML_TIME_TRAVEL_SUPPORT=y\n", KernelRecipe.Own.Configuration);
        Assert.DoesNotContain("=m\n", KernelRecipe.Own.Configuration);
        string[] files = [.. Directory.GetFiles(Path.Combine(Repository.Root, "kernel/patches"), "*.patch").Order(StringComparer.Ordinal)];
        Assert.Equal(files.Select(Path.GetFileName), KernelRecipe.Own.Patches.Select(patch => patch.Name));
        Assert.Equal(files.Select(File.ReadAllText), KernelRecipe.Own.Patches.Select(patch => patch.Text));
    }

    private CachedKernel? Build(out string error)
        => _cache.Build(new KernelBuildOptions(Source), _progress, out error, CancellationToken.None);

    private sealed class Recorder : IKernelBuildProgress
    {
        public List<KernelBuildStage> Stages { get; } = [];

        public int Compiled { get; private set; }

        public Action? OnFourth { get; set; }

        public Action? OnCompiling { get; set; }

        public Action? OnWaiting { get; set; }

        public void OnStage(KernelBuildStage stage)
        {
            Stages.Add(stage);
            if (stage == KernelBuildStage.Compiling)
            {
                OnCompiling?.Invoke();
            }

            if (stage == KernelBuildStage.WaitingForOther)
            {
                OnWaiting?.Invoke();
            }
        }

        public void OnCompiled(double fraction)
        {
            if (++Compiled == 4)
            {
                OnFourth?.Invoke();
            }
        }
    }
}
