using GenAgent.Models;

namespace GenAgent.Hosting.Tests;

public sealed class EmbeddedModelsTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task A_damaged_or_missing_file_of_an_embedded_model_is_named_and_whole_ones_are_not()
    {
        var model = new EmbeddedModel("micro-flux-b", "--generator micro-b", "a painter") { Root = _root.Path };
        var repository = Path.Combine(Repository(), "models", model.Name);
        foreach (var file in Directory.EnumerateFiles(repository, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(model.Folder, Path.GetRelativePath(repository, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        File.WriteAllText(Path.Combine(model.Folder, "mine.txt"), "a note beside the model");
        (await model.VerifyAsync(TestContext.Current.CancellationToken)).ShouldBeEmpty();

        var weights = Path.Combine(model.Folder, "transformer", "diffusion_pytorch_model.safetensors");
        await using (var stream = File.Open(weights, FileMode.Append)) stream.WriteByte(0);
        File.Delete(Path.Combine(model.Folder, "model_index.json"));

        var faults = await model.VerifyAsync(TestContext.Current.CancellationToken);

        faults.Count.ShouldBe(2);
        faults.ShouldContain(fault => fault.StartsWith("micro-flux-b/model_index.json: is not there", StringComparison.Ordinal));
        faults.ShouldContain(fault => fault.StartsWith("micro-flux-b/transformer/diffusion_pytorch_model.safetensors: is not what", StringComparison.Ordinal));
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "GenAgent.slnx"))) folder = folder.Parent;
        return folder.FullName;
    }
}
