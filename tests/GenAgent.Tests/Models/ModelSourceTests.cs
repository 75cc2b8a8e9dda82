using GenAgent.Models;

namespace GenAgent.Tests.Models;

public sealed class ModelSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Digest() => new ModelSource(_folder.Path).Digest();

    [Fact]
    public void A_retrained_renamed_or_longer_file_gives_another_digest_and_a_touched_one_the_same()
    {
        var weights = _folder["model.safetensors"];
        File.WriteAllBytes(weights, new byte[3 << 20]);
        var before = Digest();

        File.SetLastWriteTimeUtc(weights, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Digest().ShouldBe(before);

        var changed = new byte[3 << 20];
        changed[^1] = 1;
        File.WriteAllBytes(weights, changed);
        var retrained = Digest();
        retrained.ShouldNotBe(before);

        File.Move(weights, _folder["other.safetensors"]);
        Digest().ShouldNotBe(retrained);
    }

    [Fact]
    public void A_large_file_is_told_from_one_whose_blocks_all_differ()
    {
        var weights = _folder["model.safetensors"];
        using (var file = File.Create(weights)) file.SetLength(200L << 20);
        var before = Digest();

        using (var file = File.OpenWrite(weights))
        {
            file.Position = (200L << 20) - 10;
            file.WriteByte(1);
        }

        Digest().ShouldNotBe(before, "the end of the file is read");
    }
}
