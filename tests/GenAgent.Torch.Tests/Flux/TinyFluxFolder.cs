using GenAgent.Torch.Flux.Engine;
using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Sampling;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Tokenizers.Building;
using TorchSharp;

namespace GenAgent.Torch.Tests.Flux;

/// <summary>A whole small FLUX.1 on disk, for a test; gone with it.</summary>
internal sealed class TinyFluxFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TinyFluxFolder(bool guidanceEmbeds = true)
        : this(TinyFlux.Transformer with { GuidanceEmbeds = guidanceEmbeds })
    {
    }

    public TinyFluxFolder(FluxTransformerConfig config)
    {
        string[] words = ["a", "red", "blue", "green", "circle", "square", "star", "on", "the", "left", "right"];
        using var scope = torch.NewDisposeScope();
        using var transformer = TinyFlux.NewTransformer(config: config);
        using var vae = TinyFlux.NewAutoencoder();
        using var t5 = TinyFlux.NewT5();
        using var clip = TinyFlux.NewClip();
        FluxFolderWriter.Save(Path, transformer);
        FluxFolderWriter.Save(Path, vae);
        FluxFolderWriter.Save(Path, t5);
        FluxFolderWriter.Save(Path, clip);
        FluxFolderWriter.Save(Path, new FlowMatchSchedulerConfig());
        FluxFolderWriter.SaveIndex(Path);
        WordTokenizers.WriteClip(System.IO.Path.Combine(Path, "tokenizer"), words);
        WordTokenizers.WriteT5(System.IO.Path.Combine(Path, "tokenizer_2"), words);
    }

    public string Path => _folder.Path;

    /// <summary>Small images of few steps.</summary>
    public static FluxEngineOptions Options { get; } = new() { Device = "cpu", DefaultSide = 16, DefaultSteps = 3, MaxSequenceLength = 6, TileSide = 64 };

    public FluxImageEngine OpenEngine(FluxEngineOptions? options = null) => new(FluxModelFiles.FromFolder(Path), options ?? Options);

    public void Dispose() => _folder.Dispose();
}
