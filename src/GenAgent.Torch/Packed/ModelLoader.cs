using GenAgent.Torch.Safetensors;
using static TorchSharp.torch;

namespace GenAgent.Torch.Packed;

/// <summary>Builds a model and fills it, after checking that its weights fit its config.</summary>
internal static class ModelLoader
{
    /// <summary>Builds and loads the model. Temporary tensors are freed, so disposing the model frees all memory at once.</summary>
    /// <param name="build">Builds it on a device.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="options">How names come together.</param>
    /// <param name="device">Where it is wanted; null for the CPU.</param>
    /// <param name="keepPacked">Whether matrices that are packed in the file stay so in memory; such a model cannot be trained.</param>
    /// <exception cref="WeightMismatchException">The weights do not fit; nothing was allocated then.</exception>
    public static TModel Load<TModel>(Func<Device?, TModel> build, IWeightSource weights, WeightLoadOptions? options, Device? device, bool keepPacked)
        where TModel : nn.Module
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using (var shape = build(META)) WeightLoader.Check(shape, weights, options);
        var packs = keepPacked && weights.HasPacked;
        TModel model;
        using (packs ? LeftOut.Weights() : null) model = build(device);
        try
        {
            if (packs) FillPacked(model, weights, options, device ?? CPU);
            else WeightLoader.Load(model, weights, options);
            foreach (var parameter in model.parameters()) parameter.DetachFromDisposeScope();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static void FillPacked(nn.Module model, IWeightSource weights, WeightLoadOptions? options, Device device)
    {
        var layers = model.named_modules().Where(named => named.module is Linear)
            .ToDictionary(named => named.name + ".weight", named => (Linear)named.module, StringComparer.Ordinal);
        var plan = WeightLoader.Plan(model.state_dict(), weights, options);
        foreach (var (name, layer) in layers)
        {
            if (!plan.TryGetValue(name, out var entry)) continue;
            if (entry.Shape.Count == 2 && weights.ReadPacked(entry.Name, 0, entry.Shape[0]) is { } packed) layer.Packed = packed.MoveTo(device);
            else layer.AllocateWeight(device);
        }

        var targets = model.state_dict();
        foreach (var (name, entry) in plan)
        {
            if (!layers.TryGetValue(name, out var layer) || layer.Packed is null) weights.ReadInto(entry.Name, targets[name]);
        }
    }
}
