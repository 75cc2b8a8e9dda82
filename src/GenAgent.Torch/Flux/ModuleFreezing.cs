using static TorchSharp.torch;

namespace GenAgent.Torch.Flux;

/// <summary>Fixes a model's weights for inference.</summary>
public static class ModuleFreezing
{
    /// <summary>
    /// Takes all parameters out of training and switches to evaluation, which lets the model keep them as its kernels like them best. Returns the same
    /// model.
    /// </summary>
    public static TModel Freeze<TModel>(this TModel model)
        where TModel : nn.Module
    {
        ArgumentNullException.ThrowIfNull(model);
        foreach (var parameter in model.parameters()) parameter.requires_grad = false;
        model.eval();
        return model;
    }
}
