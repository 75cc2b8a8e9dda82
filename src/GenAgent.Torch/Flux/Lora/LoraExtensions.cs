using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Layers;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Lora;

/// <summary>Applies LoRAs to a transformer and removes them. The transformer's own weights never change, so removing is exact.</summary>
public static class LoraExtensions
{
    /// <summary>
    /// Applies these LoRAs, each times its strength, instead of the previous ones; an empty list removes all. The files may be disposed afterwards.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="loras">The LoRAs.</param>
    /// <exception cref="InvalidDataException">A LoRA is for layers of another width; nothing is changed then.</exception>
    public static void SetLoras(this FluxTransformer model, params IReadOnlyCollection<(LoraFile File, double Strength)> loras)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(loras);
        var layers = model.Linears();
        foreach (var (file, _) in loras)
        {
            foreach (var (name, layer) in file.Layers) RequireFit(file, name, layer, layers[name]);
        }

        using var noGradients = no_grad();
        foreach (var (name, linear) in layers)
        {
            (LoraPair Layer, double Strength)[] own = [.. loras.Where(lora => lora.File.Layers.ContainsKey(name))
                .Select(lora => (lora.File.Layers[name], lora.Strength))];
            linear.Adapter?.Dispose();
            linear.Adapter = own.Length == 0 ? null : Combine(own, linear);
        }
    }

    private static LoraPair Combine((LoraPair Layer, double Strength)[] loras, Linear linear)
    {
        using var scope = NewDisposeScope();
        var down = cat([.. loras.Select(lora => lora.Layer.Down)], 0);
        var up = cat([.. loras.Select(lora => lora.Layer.Up.Times(lora.Layer.Scale * lora.Strength))], 1);
        return new LoraPair(down.to(linear.Dtype, linear.Device), up.to(linear.Dtype, linear.Device), Bias(loras)?.to(linear.Dtype, linear.Device), 1);
    }

    private static Tensor? Bias((LoraPair Layer, double Strength)[] loras)
    {
        Tensor[] all = [.. loras.Where(lora => lora.Layer.Bias is not null).Select(lora => lora.Layer.Bias!.Times(lora.Layer.Scale * lora.Strength))];
        return all.Length == 0 ? null : all.Aggregate((sum, bias) => sum.Plus(bias));
    }

    private static void RequireFit(LoraFile file, string name, LoraPair layer, Linear linear)
    {
        var (outFeatures, inFeatures) = (linear.Weight.shape[0], linear.Weight.shape[1]);
        if (layer.Down.shape[1] != inFeatures || layer.Up.shape[0] != outFeatures)
            throw new InvalidDataException(
                $"{file.Path}: the LoRA of \"{name}\" maps {layer.Down.shape[1]} to {layer.Up.shape[0]} features, the layer {inFeatures} to {outFeatures}; it "
                    + "is for another model.");
    }
}
