namespace GenAgent.Torch.Flux;

/// <summary>A model part's config, read from and written to the JSON of a published checkpoint.</summary>
internal interface IModelConfig
{
    /// <summary>What is wrong with the values, one sentence a fault that names the key and the value; empty when the part can be built.</summary>
    IEnumerable<string> Faults();
}
