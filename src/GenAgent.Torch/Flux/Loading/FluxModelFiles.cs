namespace GenAgent.Torch.Flux.Loading;

/// <summary>
/// Where the parts of one FLUX.1 are. A part is a folder in the layout of diffusers, or a single file: <c>flux1-dev.safetensors</c> and <c>ae.safetensors</c>
/// in the original naming, <c>clip_l.safetensors</c> and <c>t5xxl.safetensors</c> as published for them (then of the published sizes).
/// </summary>
public sealed record FluxModelFiles
{
    /// <summary>A name for messages and metadata.</summary>
    public required string Name { get; init; }

    /// <summary>Folder with <c>config.json</c> and weights, or single file.</summary>
    public required string Transformer { get; init; }

    /// <summary>Folder with <c>config.json</c> and weights, or single file.</summary>
    public required string Autoencoder { get; init; }

    /// <summary>Folder with <c>config.json</c> and weights, or single file.</summary>
    public required string Clip { get; init; }

    /// <summary>Folder with <c>config.json</c> and weights, or single file.</summary>
    public required string T5 { get; init; }

    /// <summary>Folder or file of the tokenizer.</summary>
    public required string ClipTokenizer { get; init; }

    /// <summary>Folder or file of the tokenizer.</summary>
    public required string T5Tokenizer { get; init; }

    /// <summary>Folder with <c>scheduler_config.json</c>; null for FLUX.1-dev's noise levels, or FLUX.1-schnell's where the transformer has no guidance embedding.</summary>
    public string? Scheduler { get; init; }

    /// <summary>What the model is best painted with.</summary>
    public FluxDefaults Defaults { get; init; } = new();

    /// <summary>All parts in one folder, as <c>black-forest-labs/FLUX.1-dev</c> is published. Change single parts with <c>with</c>.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">Its <c>model_index.json</c> cannot be read.</exception>
    public static FluxModelFiles FromFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"{folder}: there is no such folder; a FLUX.1 in the layout of diffusers is wanted.");
        return new FluxModelFiles
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            Transformer = Path.Combine(folder, FluxFolder.TransformerPart),
            Autoencoder = Path.Combine(folder, FluxFolder.VaePart),
            Clip = Path.Combine(folder, FluxFolder.ClipPart),
            T5 = Path.Combine(folder, FluxFolder.T5Part),
            ClipTokenizer = Path.Combine(folder, "tokenizer"),
            T5Tokenizer = Path.Combine(folder, "tokenizer_2"),
            Scheduler = Path.Combine(folder, FluxFolder.SchedulerPart),
            Defaults = FluxModelIndex.Read(folder).Defaults ?? new FluxDefaults(),
        };
    }
}
