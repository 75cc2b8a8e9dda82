using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Qwen25VL.Lora;
using GenAgent.Torch.Safetensors;
using static TorchSharp.torch;

namespace GenAgent.EngineStubs.Weights;

/// <summary>Loads weights from folders into the model of a stub.</summary>
internal static class StubWeights
{
    /// <summary>Loads all weights: of the folder, only its safetensors are read, as the engines do.</summary>
    /// <exception cref="ArgumentException">The folder cannot be used.</exception>
    public static async Task LoadAsync(StubModel model, string folder, string? version)
    {
        if (!Path.IsPathFullyQualified(folder)) throw new ArgumentException("`path` must be an absolute local directory");
        if (!Directory.Exists(folder)) throw new ArgumentException($"checkpoint path must be a local directory: {folder}");
        using var source = WeightSource.Open(folder);
        using var loaded = Qwen25VLCheckpoint.Load(model.Config, source);
        await model.UpdateAsync(target => Copy(loaded, target), version);
    }

    /// <summary>Puts an adapter on the first weights.</summary>
    /// <exception cref="ArgumentException">The folder cannot be used.</exception>
    public static async Task LoadAdapterAsync(StubModel model, string folder)
    {
        if (!File.Exists(Path.Combine(folder, LoraOptions.FileName))) throw new ArgumentException($"Loading lora failed: No adapter found for {folder}");
        using var loaded = Qwen25VLCheckpoint.Load(model.Folder);
        LoraAdapter.MergeInto(loaded, folder);
        await model.UpdateAsync(target => Copy(loaded, target), version: null);
    }

    private static void Copy(Qwen25VLModel from, Qwen25VLModel to)
    {
        using var frozen = no_grad();
        foreach (var (target, source) in to.parameters().Zip(from.parameters())) target.copy_(source);
    }
}
