using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Sampling;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Flux;

public sealed class FluxFolderWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_saved_model_loads_again_with_the_same_config_and_weights()
    {
        using var scope = NewDisposeScope();
        using var transformer = TinyFlux.NewTransformer();
        using var vae = TinyFlux.NewAutoencoder();
        using var t5 = TinyFlux.NewT5();
        using var clip = TinyFlux.NewClip();

        FluxFolderWriter.Save(_folder.Path, transformer);
        FluxFolderWriter.Save(_folder.Path, vae);
        FluxFolderWriter.Save(_folder.Path, t5);
        FluxFolderWriter.Save(_folder.Path, clip);
        FluxFolderWriter.Save(_folder.Path, new FlowMatchSchedulerConfig { Shift = 2 });
        FluxFolderWriter.SaveIndex(_folder.Path);

        ShouldBeEqual(transformer, FluxFolder.LoadTransformer(_folder.Path));
        ShouldBeEqual(vae, FluxFolder.LoadAutoencoder(_folder.Path));
        ShouldBeEqual(t5, FluxFolder.LoadT5(_folder.Path));
        ShouldBeEqual(clip, FluxFolder.LoadClip(_folder.Path));
        FluxFolder.LoadScheduler(_folder.Path).Shift.ShouldBe(2);
        File.ReadAllText(Path.Combine(_folder.Path, "model_index.json")).ShouldContain("FluxPipeline");
    }

    [Fact]
    public void Averaged_weights_are_saved_in_place_of_the_models_own()
    {
        using var scope = NewDisposeScope();
        using var model = TinyFlux.NewTransformer(seed: 1);
        using var average = TinyFlux.NewTransformer(seed: 2);

        FluxFolderWriter.Save(_folder.Path, model, average.state_dict());

        ShouldBeEqual(average, FluxFolder.LoadTransformer(_folder.Path));
    }

    [Fact]
    public void A_config_that_cannot_be_built_is_refused_with_file_key_and_value()
    {
        using var model = TinyFlux.NewTransformer();
        FluxFolderWriter.Save(_folder.Path, model);
        var file = Path.Combine(_folder.Path, "transformer", "config.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"attention_head_dim\": 8", "\"attention_head_dim\": 10", StringComparison.Ordinal));

        var fault = Should.Throw<InvalidDataException>(() => FluxFolder.LoadTransformer(_folder.Path));

        fault.Message.ShouldContain(file);
        fault.Message.ShouldContain("axes_dims_rope");
    }

    [Fact]
    public void A_missing_part_is_named_with_its_folder()
    {
        Should.Throw<DirectoryNotFoundException>(() => FluxFolder.LoadAutoencoder(_folder.Path)).Message.ShouldContain("\"vae\"");
    }

    private static void ShouldBeEqual(nn.Module expected, nn.Module actual)
    {
        using var disposed = actual;
        var values = actual.state_dict();
        values.Keys.ShouldBe(expected.state_dict().Keys);
        foreach (var (name, value) in expected.state_dict()) value.eq(values[name]).all().item<bool>().ShouldBeTrue(name);
    }
}
