using GenAgent.Torch;
using GenAgent.Training.Checkpoints;
using static TorchSharp.torch;

namespace GenAgent.Training.Tests.Checkpoints;

public sealed class CheckpointStoreTests
{
    [Fact]
    public void What_was_saved_comes_back_bit_by_bit_with_its_text()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var store = new CheckpointStore(folder.Path);
        var weights = randn(1000);
        store.Save(7, new Dictionary<string, Tensor> { ["weights"] = weights }, new Dictionary<string, string> { ["identity"] = "a run" });

        using var checkpoint = store.OpenLatest().ShouldNotBeNull();
        var read = empty(1000);
        checkpoint.ReadInto("weights", read);

        checkpoint.Step.ShouldBe(7);
        checkpoint.Metadata["identity"].ShouldBe("a run");
        read.bytes.ToArray().ShouldBe(weights.bytes.ToArray());
    }

    [Fact]
    public void Only_the_newest_are_kept()
    {
        using var folder = new TemporaryFolder();
        var store = new CheckpointStore(folder.Path, keep: 2);

        foreach (var step in new long[] { 5, 10, 900, 1000 }) Save(store, step);

        store.Steps.ShouldBe([1000, 900]);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.02)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public void A_checkpoint_that_was_cut_short_is_passed_over_for_the_one_before(double share)
    {
        using var folder = new TemporaryFolder();
        var store = new CheckpointStore(folder.Path);
        Save(store, 1);
        Save(store, 2);
        var newest = Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal).Last();
        using (var file = File.OpenWrite(newest)) file.SetLength((long)(file.Length * share));
        var told = new List<string>();

        using var checkpoint = store.OpenLatest(told.Add).ShouldNotBeNull();

        checkpoint.Step.ShouldBe(1);
        told.ShouldHaveSingleItem().ShouldContain("passed over");
    }

    [Fact]
    public void A_checkpoint_with_a_flipped_bit_is_passed_over()
    {
        using var folder = new TemporaryFolder();
        var store = new CheckpointStore(folder.Path);
        Save(store, 1);
        Save(store, 2);
        var newest = Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal).Last();
        var bytes = File.ReadAllBytes(newest);
        bytes[^10] ^= 4;
        File.WriteAllBytes(newest, bytes);

        using var checkpoint = store.OpenLatest().ShouldNotBeNull();

        checkpoint.Step.ShouldBe(1);
    }

    [Fact]
    public void What_a_killed_writer_left_behind_is_cleared_and_never_taken()
    {
        using var folder = new TemporaryFolder();
        Save(new CheckpointStore(folder.Path), 3);
        File.WriteAllText(folder.File(".step-000000004.safetensors.77.abc.tmp"), "half");

        var store = new CheckpointStore(folder.Path);

        store.Steps.ShouldBe([3]);
        Directory.GetFiles(folder.Path).Length.ShouldBe(1);
    }

    [Fact]
    public void An_empty_folder_has_no_checkpoint()
    {
        using var folder = new TemporaryFolder();

        new CheckpointStore(folder.Path).OpenLatest().ShouldBeNull();
    }

    private static void Save(CheckpointStore store, long step)
    {
        using var weights = Arithmetic.Counted(256, ScalarType.Float32);
        store.Save(step, new Dictionary<string, Tensor> { ["weights"] = weights });
    }
}
