using GenAgent.Torch.Safetensors;

namespace GenAgent.Torch.Flux.Loading;

/// <summary>
/// Where the parts of one FLUX.1 are. A part is a folder in the layout of diffusers, or a single file: <c>flux1-dev.safetensors</c> and <c>ae.safetensors</c>
/// in the original naming, <c>clip_l.safetensors</c> and <c>t5xxl.safetensors</c> as published for them (then of the published sizes).
/// </summary>
public sealed record FluxModelFiles
{
    private const string ClipTokenizerFolder = "tokenizer";
    private const string T5TokenizerFolder = "tokenizer_2";

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

    /// <summary>
    /// Folder with <c>scheduler_config.json</c>; null for FLUX.1-dev's noise levels, or FLUX.1-schnell's where the transformer has no guidance embedding.
    /// </summary>
    public string? Scheduler { get; init; }

    /// <summary>The model's recommended settings.</summary>
    public FluxDefaults Defaults { get; init; } = new();

    /// <summary>
    /// A transformer in one file (<c>flux1-dev.safetensors</c>, fp8 and GGUF too), or ComfyUI's checkpoint of all parts. Missing parts are searched for
    /// beside it and then in another folder: folders of diffusers, or <c>ae.safetensors</c>, <c>clip_l*.safetensors</c>, <c>t5xxl*.safetensors</c> and T5
    /// in GGUF; tokenizers are the folders <c>tokenizer</c> and <c>tokenizer_2</c>.
    /// </summary>
    /// <param name="file">The transformer's file.</param>
    /// <param name="besides">The other folder; null for none.</param>
    /// <returns>The files; nothing is read yet.</returns>
    /// <exception cref="FileNotFoundException">There is no such file, or parts are missing; the message names them all.</exception>
    public static FluxModelFiles FromFile(string file, string? besides = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        if (!File.Exists(file)) throw new FileNotFoundException($"{file}: there is no such file.", file);
        string[] places = [Path.GetDirectoryName(Path.GetFullPath(file))!, .. besides is null ? (string[])[] : [besides]];
        using var weights = WeightSource.Open(file);
        var missing = new List<string>();
        var found = new FluxModelFiles
        {
            Name = Path.GetFileNameWithoutExtension(file),
            Transformer = file,
            Autoencoder = FluxSingleFile.HasAutoencoder(weights)
                ? file
                : Find("the autoencoder (ae.safetensors or vae/)", FluxFolder.VaePart, "ae.safetensors", "ae.sft", "*vae*.safetensors"),
            Clip = Holds(TextEncoderNames.ClipInCheckpoint)
                ? file
                : Find("CLIP (clip_l.safetensors or text_encoder/)", FluxFolder.ClipPart, "clip_l*.safetensors"),
            T5 = Holds(TextEncoderNames.T5InCheckpoint)
                ? file
                : Find("T5 (t5xxl*.safetensors, a GGUF of it, or text_encoder_2/)", FluxFolder.T5Part, "t5xxl*.safetensors", "t5*.gguf"),
            ClipTokenizer = Find("CLIP's tokenizer (tokenizer/)", ClipTokenizerFolder),
            T5Tokenizer = Find("T5's tokenizer (tokenizer_2/)", T5TokenizerFolder),
            Scheduler = places.Select(place => Path.Combine(place, FluxFolder.SchedulerPart)).FirstOrDefault(Directory.Exists),
        };
        return missing.Count == 0
            ? found
            : throw new FileNotFoundException(
                $"{file} is a transformer alone, and {string.Join(" and ", places)} lacks {string.Join(", ", missing)}: put them there, or name a folder of "
                    + "FLUX.1 that has them (?base=FOLDER).",
                file);

        bool Holds(string prefix) => weights.Entries.Keys.Any(name => name.StartsWith(prefix, StringComparison.Ordinal));

        string Find(string what, string folder, params string[] patterns)
        {
            foreach (var place in places.Where(Directory.Exists))
            {
                if (Directory.Exists(Path.Combine(place, folder))) return Path.Combine(place, folder);
                foreach (var pattern in patterns)
                {
                    if (Directory.EnumerateFiles(place, pattern)
                        .Where(other => !string.Equals(Path.GetFullPath(other), Path.GetFullPath(file), StringComparison.Ordinal))
                        .Order(StringComparer.Ordinal)
                        .FirstOrDefault() is { } match)
                    {
                        return match;
                    }
                }
            }

            missing.Add(what);
            return string.Empty;
        }
    }

    /// <summary>All parts in one folder, as <c>black-forest-labs/FLUX.1-dev</c> is published. Change single parts with <c>with</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The files; nothing is read yet.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">Its <c>model_index.json</c> cannot be read.</exception>
    public static FluxModelFiles FromFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"{folder}: there is no such folder; a FLUX.1 in the layout of diffusers is wanted.");
        }
        return new FluxModelFiles
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            Transformer = Path.Combine(folder, FluxFolder.TransformerPart),
            Autoencoder = Path.Combine(folder, FluxFolder.VaePart),
            Clip = Path.Combine(folder, FluxFolder.ClipPart),
            T5 = Path.Combine(folder, FluxFolder.T5Part),
            ClipTokenizer = Path.Combine(folder, ClipTokenizerFolder),
            T5Tokenizer = Path.Combine(folder, T5TokenizerFolder),
            Scheduler = Path.Combine(folder, FluxFolder.SchedulerPart),
            Defaults = FluxModelIndex.Read(folder).Defaults ?? new FluxDefaults(),
        };
    }
}
