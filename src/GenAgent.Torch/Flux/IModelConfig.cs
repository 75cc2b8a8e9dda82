using GenAgent.Validation;

namespace GenAgent.Torch.Flux;

/// <summary>A model part's config, read from and written to the JSON of a published checkpoint.</summary>
public interface IModelConfig : IOptionRules
{
    /// <summary>The most layers that a config may declare: each takes memory before any weight is read. Published models have a few dozen.</summary>
    internal const int MostLayers = 1000;

    /// <summary>The problems with the values, one sentence each that names the key and the value; empty if the part can be built.</summary>
    /// <returns>A sentence for each problem; empty for none.</returns>
    IEnumerable<string> Faults();

    /// <inheritdoc/>
    IEnumerable<string> IOptionRules.FindProblems(string path, Func<string, string> pathOf) =>
        Faults().Select(fault => path.Length == 0 ? fault : $"{path}: {fault}");
}
