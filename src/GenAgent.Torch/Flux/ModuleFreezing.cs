using static TorchSharp.torch;

namespace GenAgent.Torch.Flux;

/// <summary>Fixes a model's weights for inference.</summary>
public static class ModuleFreezing
{
    /// <summary>
    /// Freezes all parameters and switches to evaluation mode, which lets the model store them in the layout that suits its kernels. Returns the same model.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <returns>The model that was given.</returns>
    public static TModel Freeze<TModel>(this TModel model)
        where TModel : nn.Module
    {
        ArgumentNullException.ThrowIfNull(model);
        foreach (var parameter in model.parameters()) parameter.requires_grad = false;
        model.eval();
        return model;
    }
}
