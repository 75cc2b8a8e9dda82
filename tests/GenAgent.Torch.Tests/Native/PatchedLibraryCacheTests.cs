using GenAgent.Torch.Native;

namespace GenAgent.Torch.Tests.Native;

public sealed class PatchedLibraryCacheTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("genagent-cache");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Copy_that_is_already_there_is_not_written_again()
    {
        var path = PatchedLibraryCache.Materialize(_folder.FullName, "lib.so", [1, 2, 3]);
        var written = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, written);

        PatchedLibraryCache.Materialize(_folder.FullName, "lib.so", [1, 2, 3]).ShouldBe(path);

        File.GetLastWriteTimeUtc(path).ShouldBe(written);
    }

    [Fact]
    public void Damaged_copy_is_replaced_before_it_is_loaded()
    {
        var path = PatchedLibraryCache.Materialize(_folder.FullName, "lib.so", [1, 2, 3]);
        File.WriteAllBytes(path, [1, 2]);

        PatchedLibraryCache.Materialize(_folder.FullName, "lib.so", [1, 2, 3]);

        File.ReadAllBytes(path).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void Many_writers_at_once_leave_one_whole_file()
    {
        var content = Enumerable.Range(0, 100_000).Select(i => (byte)i).ToArray();

        Parallel.For(0, 32, _ => File.ReadAllBytes(PatchedLibraryCache.Materialize(_folder.FullName, "lib.so", content)).ShouldBe(content));

        _folder.GetFiles("*", SearchOption.AllDirectories).Length.ShouldBe(1);
    }

    [Fact]
    public void Folder_that_cannot_be_written_is_named_with_the_remedy()
    {
        var file = Path.Combine(_folder.FullName, "file");
        File.WriteAllText(file, "");

        var fault = Should.Throw<TorchNativeException>(() => PatchedLibraryCache.Materialize(file, "lib.so", [1]));

        fault.Message.ShouldContain(file);
        fault.Message.ShouldContain(PatchedLibraryCache.FolderVariable);
    }

    [Fact]
    public void A_folder_in_the_copy_s_place_is_named_and_told_to_be_removed()
    {
        var path = PatchedLibraryCache.Materialize(_folder.FullName, "lib.so", [1]);
        File.Delete(path);
        Directory.CreateDirectory(Path.Combine(path, "inside"));

        Should.Throw<TorchNativeException>(() => PatchedLibraryCache.Materialize(_folder.FullName, "lib.so", [1])).Message
            .ShouldContain($"{path} is a folder: remove it.");
    }

    [Fact]
    public void A_link_that_leads_nowhere_is_replaced_where_it_is_the_copy_and_named_where_it_is_the_folder()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links are Unix's");
        var path = PatchedLibraryCache.Materialize(_folder.FullName, "lib.so", [1]);
        File.Delete(path);
        File.CreateSymbolicLink(path, "/nowhere/lib.so");
        File.ReadAllBytes(PatchedLibraryCache.Materialize(_folder.FullName, "lib.so", [1])).ShouldBe([1]);

        var link = Path.Combine(_folder.FullName, "link");
        File.CreateSymbolicLink(link, "/nowhere");
        Should.Throw<TorchNativeException>(() => PatchedLibraryCache.Materialize(link, "lib.so", [1])).Message
            .ShouldContain($"{link} is a link to /nowhere, which does not exist");
    }

    [Fact]
    public void Without_a_home_folder_the_message_says_what_to_set() =>
        Should.Throw<TorchNativeException>(() => PatchedLibraryCache.Materialize("", "lib.so", [1])).Message.ShouldContain(PatchedLibraryCache.FolderVariable);

    [Theory]
    [InlineData("/a/b", null, "/a/b")]
    [InlineData("/a/b", "/xdg", "/a/b")]
    [InlineData(null, "/xdg", "/xdg/genagent/native")]
    [InlineData("", "/xdg", "/xdg/genagent/native")]
    public void Folder_comes_from_the_environment(string? chosen, string? xdg, string expected) =>
        PatchedLibraryCache.DefaultFolder(name => name == "XDG_CACHE_HOME" ? xdg : chosen)
            .ShouldBe(expected.Replace('/', Path.DirectorySeparatorChar));
}
