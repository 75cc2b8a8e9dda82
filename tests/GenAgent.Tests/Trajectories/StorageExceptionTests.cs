using GenAgent.Trajectories;

namespace GenAgent.Tests.Trajectories;

/// <summary>Who runs out of disk is told so, and not what .NET makes of it.</summary>
public sealed class StorageExceptionTests
{
    [Fact]
    public async Task A_device_that_is_really_full_is_called_full()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "Linux's device that is always full");
        var thrown = await Should.ThrowAsync<IOException>(async () =>
        {
            await using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            await full.WriteAsync(new byte[10]);
        });

        var told = new StorageException("cat.png: the image could not be written", thrown, "All before it is whole.");

        told.Message.ShouldStartWith("cat.png: the image could not be written: the disk is full (No space left on device");
        told.Message.ShouldEndWith(" All before it is whole.");
        told.Advice.ShouldBe("Free some space");
    }

    [Theory]
    [InlineData(122, "the disk is full", "Free some space")]
    [InlineData(unchecked((int)0x80070070), "the disk is full", "Free some space")]
    [InlineData(5, "the words of the system", null)]
    public void Each_systems_number_for_a_full_disk_is_known(int number, string reason, string? advice)
    {
        var told = new StorageException("f", new IOException("the words of the system", number));

        told.Message.ShouldContain(reason);
        told.Message.ShouldContain("the words of the system");
        (told.Advice, told.HResult).ShouldBe((advice, number));
    }

    [Fact]
    public void A_limit_on_file_sizes_and_a_missing_permission_are_told_apart_from_a_full_disk()
    {
        // What FileStream throws for EFBIG.
        var limit = new StorageException("f", new ArgumentOutOfRangeException("value", "Specified file length was too large for the file system."));
        limit.Message.ShouldBe("f: it would grow larger than a file may be here (ulimit -f, or a limit of the file system).");
        limit.Advice.ShouldBe("Raise the limit");

        new StorageException("f", new UnauthorizedAccessException("Access to the path is denied.")).Advice.ShouldBe("Change the permissions");
        StorageException.IsCause(new InvalidOperationException()).ShouldBeFalse();
    }
}
