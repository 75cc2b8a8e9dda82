using GenAgent.Storage;
using GenAgent.Trajectories.Exchange;

namespace GenAgent.Tests.Storage;

public sealed class InnerPathTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_link_to_an_image_is_read()
    {
        File.WriteAllBytes(_folder.File("a.png"), [1, 2, 3]);
        File.CreateSymbolicLink(_folder.File("b.png"), "a.png");
        File.CreateSymbolicLink(_folder.File("c.png"), _folder.File("b.png"));

        InnerPath.Read(_folder.File("c.png")).ShouldBe([1, 2, 3]);
    }

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("/proc/self/environ")]
    public void A_link_to_what_has_no_end_or_is_no_file_is_refused_before_it_is_read(string target)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "there are no such files");
        File.CreateSymbolicLink(_folder.File("a.png"), target);

        Should.Throw<InvalidDataException>(() => InnerPath.Read(_folder.File("a.png"))).Message.ShouldContain("no regular file");
        Should.Throw<InvalidDataException>(() => ShareGptRecords.LoadImage(_folder.Path, "a.png")).Message.ShouldContain("a.png");
    }

    [Fact]
    public void A_file_larger_than_any_image_is_refused_before_it_is_read()
    {
        using (var file = File.Create(_folder.File("a.png"))) file.SetLength(InnerPath.MaxBytes + 1);

        Should.Throw<InvalidDataException>(() => InnerPath.Read(_folder.File("a.png"))).Message.ShouldContain("at most");
    }

    [Fact]
    public void What_is_not_there_is_told_as_such()
    {
        File.CreateSymbolicLink(_folder.File("a.png"), _folder.File("gone.png"));

        Should.Throw<FileNotFoundException>(() => InnerPath.Read(_folder.File("a.png")));
        Should.Throw<FileNotFoundException>(() => InnerPath.Read(_folder.File("none.png")));
    }
}
