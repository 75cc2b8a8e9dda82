using System.Diagnostics;
using GenAgent.Torch.Native;
using TorchSharp;

namespace GenAgent.Torch.Tests.Native;

public sealed class TorchNativeTests
{
    [Fact]
    public void First_tensor_works_on_this_machine()
    {
        using var tensor = torch.tensor(new float[] { 1, 2, 4 });
        using var sum = tensor.sum();

        sum.item<float>().ShouldBe(7);
    }

    [Fact]
    public void Report_names_the_library_that_runs()
    {
        var report = TorchNative.Describe();

        report.State.ShouldNotBe(TorchNativeState.Failed, report.Explanation);
        if (OperatingSystem.IsLinux())
        {
            File.Exists(report.PublishedPath).ShouldBeTrue();
            File.Exists(report.LoadedPath).ShouldBeTrue();
            File.ReadAllText("/proc/self/maps").ShouldContain(report.LoadedPath!);
        }
    }

    [Fact]
    public void Mended_copy_asks_the_system_for_nothing_that_it_lacks()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only");
        var published = File.ReadAllBytes(NativeSearchPath.Find("libLibTorchSharp.so")!);

        var mended = new ElfImage(GlibcxxPatch.Apply(published));

        mended.VersionNeeds().ShouldNotContain(need => need.Version == GlibcxxPatch.MissingVersion);
        var symbols = mended.SymbolNames().Select(mended.StringAt).ToHashSet(StringComparer.Ordinal);
        symbols.ShouldNotContain(GlibcxxPatch.MissingSymbol);
        symbols.ShouldContain(GlibcxxPatch.Substitute);
    }

    [Fact]
    public void Damaged_library_is_an_error_and_never_a_crash()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only");
        var published = File.ReadAllBytes(NativeSearchPath.Find("libLibTorchSharp.so")!);
        var headerStart = published.Length - 4096;
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            var damaged = published[..(i % 4 == 0 ? random.Next(published.Length) : published.Length)];
            for (var k = 0; k < 8 && damaged.Length > 0; k++)
            {
                var at = random.Next(2) == 0
                    ? random.Next(Math.Min(64, damaged.Length))
                    : random.Next(Math.Min(headerStart, damaged.Length - 1), damaged.Length);
                damaged[at] = (byte)random.Next(256);
            }

            try
            {
                GlibcxxPatch.Apply(damaged).Length.ShouldBe(damaged.Length);
            }
            catch (InvalidDataException fault)
            {
                fault.Message.ShouldNotBeEmpty();
            }
        }
    }

    [Fact]
    public async Task Two_processes_that_start_at_once_on_an_empty_cache_both_run()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only");
        var cache = Directory.CreateTempSubdirectory("genagent-native");
        try
        {
            var processes = Enumerable.Range(0, 2).Select(_ => StartTensorTest(cache.FullName)).ToList();
            foreach (var process in processes)
            {
                var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
                await process.WaitForExitAsync(TestContext.Current.CancellationToken);
                process.ExitCode.ShouldBe(0, output);
                process.Dispose();
            }

            var expected = TorchNative.Describe().State == TorchNativeState.Patched ? 1 : 0;
            cache.GetFiles("*", SearchOption.AllDirectories).Length.ShouldBe(expected);
        }
        finally
        {
            cache.Delete(recursive: true);
        }
    }

    private static Process StartTensorTest(string cache)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(TorchNativeTests).Assembly.Location);
        }

        start.ArgumentList.Add("-method");
        start.ArgumentList.Add($"*{nameof(First_tensor_works_on_this_machine)}");
        start.Environment[PatchedLibraryCache.FolderVariable] = cache;
        return Process.Start(start)!;
    }
}
