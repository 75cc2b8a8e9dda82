using System.Text.RegularExpressions;
using GenAgent.Torch.Packed;
using GenAgent.Torch.Safetensors;
using static TorchSharp.torch;

namespace GenAgent.Torch.Gguf;

/// <summary>
/// A Qwen2.5-VL as llama.cpp keeps it, in two GGUF files (the language model, and the vision tower as <c>mmproj</c>), under the names of the published
/// checkpoint. Source of the names: llama.cpp's gguf-py (constants.py, tensor_mapping.py). Owns the files.
/// </summary>
internal sealed partial class QwenGguf : IWeightSource
{
    private const string PatchEmbedding = "visual.patch_embed.proj.weight";
    private const string VisionArchitecture = "clip";

    private static readonly Dictionary<string, string> Language = new(StringComparer.Ordinal)
    {
        ["attn_norm"] = "input_layernorm", ["attn_q"] = "self_attn.q_proj", ["attn_k"] = "self_attn.k_proj", ["attn_v"] = "self_attn.v_proj",
        ["attn_output"] = "self_attn.o_proj",
        ["ffn_norm"] = "post_attention_layernorm", ["ffn_gate"] = "mlp.gate_proj", ["ffn_up"] = "mlp.up_proj", ["ffn_down"] = "mlp.down_proj",
    };

    private static readonly Dictionary<string, string> Vision = new(StringComparer.Ordinal)
    {
        ["attn_qkv"] = "attn.qkv", ["attn_out"] = "attn.proj", ["ln1"] = "norm1", ["ln2"] = "norm2", ["ffn_gate"] = "mlp.gate_proj", ["ffn_up"] = "mlp.up_proj",
        ["ffn_down"] = "mlp.down_proj",
    };

    private static readonly Dictionary<string, string> Single = new(StringComparer.Ordinal)
    {
        ["token_embd.weight"] = "model.embed_tokens.weight", ["output_norm.weight"] = "model.norm.weight", ["output.weight"] = "lm_head.weight",
        ["v.post_ln.weight"] = "visual.merger.ln_q.weight",
        ["mm.0.weight"] = "visual.merger.mlp.0.weight", ["mm.0.bias"] = "visual.merger.mlp.0.bias", ["mm.2.weight"] = "visual.merger.mlp.2.weight",
        ["mm.2.bias"] = "visual.merger.mlp.2.bias",
    };

    private readonly IReadOnlyList<GgufFile> _files;

    // Published name to the stored tensors that make it, below each other.
    private readonly Dictionary<string, (IWeightSource File, string[] Names)> _tensors = new(StringComparer.Ordinal);

    private QwenGguf(string folder, IReadOnlyList<GgufFile> files)
    {
        (Location, _files) = (folder, files);
        foreach (var file in files)
        {
            foreach (var name in file.Entries.Keys) Add(file, name);
        }

        Entries = _tensors.ToDictionary(pair => pair.Key, pair => Describe(pair.Key, pair.Value.File, pair.Value.Names), StringComparer.Ordinal);
    }

    public string Location { get; }

    public IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    bool IWeightSource.HasPacked => _files.Any(file => ((IWeightSource)file).HasPacked);

    /// <summary>Whether a folder's weights are in GGUF files, and in nothing else.</summary>
    public static bool IsIn(string folder) =>
        Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*" + GgufFile.Ending).Any() && !Directory.EnumerateFiles(folder, "*.safetensors").Any();

    /// <summary>Opens a folder's two files.</summary>
    /// <exception cref="SafetensorsException">A file breaks the format, or there are not one of each; the message says what is wanted.</exception>
    public static QwenGguf Open(string folder)
    {
        var files = new List<GgufFile>();
        try
        {
            foreach (var path in Directory.EnumerateFiles(folder, "*" + GgufFile.Ending).Order(StringComparer.Ordinal)) files.Add(GgufFile.Open(path));
            var towers = files.Count(file => string.Equals(file.Architecture, VisionArchitecture, StringComparison.Ordinal));
            if (towers != 1 || files.Count != 2)
                throw new SafetensorsException(
                    $"{folder}: a Qwen2.5-VL in GGUF is two files, the language model and its vision tower (mmproj-*{GgufFile.Ending}); here are "
                        + $"{files.Count}, of which {towers} are towers.");
            return new QwenGguf(folder, files);
        }
        catch
        {
            foreach (var file in files) file.Dispose();
            throw;
        }
    }

    public Tensor Read(string name, ScalarType? dtype = null, Device? device = null)
    {
        var (file, names) = Find(name);
        using var scope = NewDisposeScope();
        Tensor[] parts = [.. names.Select(part => file.Read(part, dtype))];

        // The convolution's two frames are two tensors.
        var whole = string.Equals(name, PatchEmbedding, StringComparison.Ordinal) ? stack(parts, 2) : parts.Length == 1 ? parts[0] : cat(parts, 0);
        return whole.to(device ?? CPU).MoveToOuterDisposeScope();
    }

    public void ReadInto(string name, Tensor target)
    {
        using var values = Read(name, ScalarType.Float32);
        using var noGradients = no_grad();
        target.copy_(values.view(target.shape));
    }

    PackedWeight? IWeightSource.ReadPacked(string name, long firstRow, long rows)
    {
        var (file, names) = Find(name);
        if (names.Length == 1) return file.ReadPacked(names[0], firstRow, rows);
        PackedWeight?[] parts = [.. names.Select(part => file.Entries[part].Shape.Count == 2 ? file.ReadPacked(part, 0, file.Entries[part].Shape[0]) : null)];
        if (parts.All(part => part is not null) && parts.DistinctBy(part => part!.Format).Count() == 1 && firstRow == 0)
        {
            return PackedWeight.Join([.. parts.Select(part => part!)]);
        }
        foreach (var part in parts) part?.Dispose();
        return null;
    }

    long? IWeightSource.PackedBytes(string name)
    {
        var (file, names) = Find(name);
        long?[] bytes = [.. names.Select(file.PackedBytes)];
        return bytes.All(one => one is not null) ? bytes.Sum() : null;
    }

    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
    }

    private void Add(GgufFile file, string name)
    {
        if (name is "rope_freqs.weight" or "v.patch_embd.weight.1" || (PartOfQkv().IsMatch(name) && !name.Contains("attn_q.", StringComparison.Ordinal)))
        {
            return;
        }
        string[] parts = [name];
        string published;
        if (name is "v.patch_embd.weight")
        {
            (published, parts) = (PatchEmbedding, file.Entries.ContainsKey(name + ".1") ? [name, name + ".1"] : [name]);
        }
        else if (PartOfQkv().IsMatch(name))
        {
            parts = [.. "qkv".Select(letter => name.Replace("attn_q.", $"attn_{letter}.", StringComparison.Ordinal))];
            published = PublishedBlock(name.Replace("attn_q.", "attn_qkv.", StringComparison.Ordinal));
        }
        else
        {
            published = Single.GetValueOrDefault(name) ?? PublishedBlock(name);
        }

        if (parts.FirstOrDefault(part => !file.Entries.ContainsKey(part)) is { } lost)
        {
            throw new SafetensorsException($"{file.Location}: there is no tensor \"{lost}\".");
        }
        _tensors[published] = (file, parts);
    }

    // A name that is not known stays as it is, and the comparison with the model names it.
    private static string PublishedBlock(string name)
    {
        if (Block().Match(name) is not { Success: true } block) return name;
        var (isVision, number, part, ending) = (block.Groups["v"].Success, block.Groups["n"].Value, block.Groups["part"].Value, block.Groups["ending"].Value);
        return (isVision ? Vision : Language).TryGetValue(part, out var published)
            ? $"{(isVision ? "visual.blocks" : "model.layers")}.{number}.{published}.{ending}"
            : name;
    }

    private static TensorEntry Describe(string published, IWeightSource file, string[] names)
    {
        TensorEntry[] parts = [.. names.Select(name => file.Entries[name])];
        long[] shape = string.Equals(published, PatchEmbedding, StringComparison.Ordinal)
            ? [.. parts[0].Shape.Take(2), parts.Length, .. parts[0].Shape.Skip(2)]
            : [parts.Sum(part => part.Shape[0]), .. parts[0].Shape.Skip(1)];
        return new TensorEntry(published, parts[0].Type, shape, 0, parts.Sum(part => part.Length));
    }

    private (IWeightSource File, string[] Names) Find(string name) =>
        _tensors.TryGetValue(name, out var found) ? found : throw new SafetensorsException($"{Location}: there is no tensor \"{name}\".");

    [GeneratedRegex(@"^(?<v>v\.)?blk\.(?<n>\d+)\.(?<part>\w+)\.(?<ending>weight|bias)$", RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Block();

    [GeneratedRegex(@"^v\.blk\.\d+\.attn_[qkv]\.", RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex PartOfQkv();
}
