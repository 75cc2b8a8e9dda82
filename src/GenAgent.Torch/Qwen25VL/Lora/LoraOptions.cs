using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Torch.Safetensors;

namespace GenAgent.Torch.Qwen25VL.Lora;

/// <summary>The part of PEFT's <c>adapter_config.json</c> that shapes an adapter.</summary>
public sealed record LoraOptions
{
    /// <summary>The name of the file in an adapter's folder.</summary>
    public const string FileName = "adapter_config.json";

    /// <summary>Inner width of the update, 1 or more.</summary>
    public int Rank { get; init; } = 16;

    /// <summary>The update is scaled by this over the rank.</summary>
    public double Alpha { get; init; } = 32;

    /// <summary>Whether to scale by alpha over the square root of the rank instead.</summary>
    public bool RankStabilized { get; init; }

    /// <summary>Suffixes of the names of the layers that get an update, such as <c>q_proj</c> or <c>self_attn.q_proj</c>.</summary>
    public IReadOnlyList<string> TargetModules { get; init; } = ["q_proj", "k_proj", "v_proj", "o_proj"];

    /// <summary>Different ranks for some layers: regular expressions for the ends of names; the first match is used (PEFT's <c>get_pattern_key</c>).</summary>
    public IReadOnlyDictionary<string, int> RankPattern { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Different alphas for some layers; see <see cref="RankPattern"/>.</summary>
    public IReadOnlyDictionary<string, double> AlphaPattern { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>The model that the adapter was made for, as its file says; null when it does not.</summary>
    public string? BaseModel { get; init; }

    /// <summary>Reads PEFT's file.</summary>
    /// <param name="path">The file, or the adapter's folder.</param>
    /// <returns>The options.</returns>
    /// <exception cref="InvalidDataException">A field is wrong, or asks for a kind of adapter that is not supported: the message names file and
    /// field.</exception>
    public static LoraOptions Load(string path)
    {
        var file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        try
        {
            var json = JsonNode.Parse(ModelFile.ReadJson(file).Span) as JsonObject ?? throw new InvalidDataException("a JSON object is expected.");
            return Parse(json);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or ArgumentException or InvalidDataException)
        {
            throw new InvalidDataException($"{file}: {error.Message}", error);
        }
    }

    /// <summary>Writes PEFT's file.</summary>
    /// <param name="file">The file.</param>
    public void Save(string file)
    {
        var json = new JsonObject
        {
            ["peft_type"] = "LORA",
            ["task_type"] = "CAUSAL_LM",
            ["base_model_name_or_path"] = BaseModel,
            ["r"] = Rank,
            ["lora_alpha"] = Alpha,
            ["lora_dropout"] = 0.0,
            ["bias"] = "none",
            ["fan_in_fan_out"] = false,
            ["inference_mode"] = true,
            ["init_lora_weights"] = true,
            ["use_dora"] = false,
            ["use_rslora"] = RankStabilized,
            ["modules_to_save"] = null,
            ["target_modules"] = new JsonArray([.. TargetModules.Select(name => JsonValue.Create(name))]),
            ["rank_pattern"] = new JsonObject(RankPattern.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, pair.Value))),
            ["alpha_pattern"] = new JsonObject(AlphaPattern.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, pair.Value))),
        };
        File.WriteAllText(file, json.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
    }

    /// <summary>Whether a layer of this name gets an update.</summary>
    internal bool Targets(string name) => TargetModules.Any(target => EndsWithName(name, target));

    internal int RankOf(string name) => PeftPattern.Find(RankPattern, name, Qwen25VLCheckpoint.ToPublishedName(name), out var rank) ? rank : Rank;

    internal double ScaleOf(string name, int rank)
    {
        var alpha = PeftPattern.Find(AlphaPattern, name, Qwen25VLCheckpoint.ToPublishedName(name), out var own) ? own : Alpha;
        return alpha / (RankStabilized ? Math.Sqrt(rank) : rank);
    }

    private static bool EndsWithName(string name, string end) =>
        string.Equals(name, end, StringComparison.Ordinal) || name.EndsWith("." + end, StringComparison.Ordinal);

    private static LoraOptions Parse(JsonObject json)
    {
        if ((string?)json["peft_type"] is { } type and not "LORA")
        {
            throw new InvalidDataException($"\"peft_type\" is \"{type}\", but only LORA is supported.");
        }

        foreach (var flag in (string[])["use_dora", "lora_bias", "fan_in_fan_out", "use_qalora", "use_bdlora"])
        {
            Refuse(json[flag] is JsonValue value && value.GetValueKind() == JsonValueKind.True, flag);
        }

        Refuse((string?)json["bias"] is not (null or "none"), "bias");
        Refuse(json["modules_to_save"] is JsonArray { Count: > 0 }, "modules_to_save");
        var begun = json[PeftInit.Field] is JsonValue init && init.GetValueKind() == JsonValueKind.String ? (string?)init : null;
        if (PeftInit.Fault(begun) is { } fault) throw new InvalidDataException(fault);
        var rank = (int?)json["r"] ?? throw new InvalidDataException("\"r\" is missing.");
        return new LoraOptions
        {
            Rank = rank >= 1 ? rank : throw new InvalidDataException($"\"r\" is {rank}, but must be 1 or more."),
            Alpha = (double?)json["lora_alpha"] ?? rank,
            RankStabilized = (bool?)json["use_rslora"] ?? false,
            TargetModules = Names(json["target_modules"]),
            RankPattern = (json["rank_pattern"] as JsonObject)?.ToDictionary(
                pair => pair.Key, pair => (int)Given(pair.Value, pair.Key), StringComparer.Ordinal) ?? [],
            AlphaPattern = (json["alpha_pattern"] as JsonObject)?.ToDictionary(
                pair => pair.Key, pair => (double)Given(pair.Value, pair.Key), StringComparer.Ordinal) ?? [],
            BaseModel = (string?)json["base_model_name_or_path"],
        }.Checked();
    }

    private LoraOptions Checked()
    {
        foreach (var pattern in RankPattern.Keys.Concat(AlphaPattern.Keys)) PeftPattern.Check(pattern);
        return this;
    }

    /// <summary>A list of names; a pattern or "all-linear" is kept as one name, as loading goes by the tensors that the file holds.</summary>
    private static string[] Names(JsonNode? names) =>
        names switch { JsonArray list => [.. list.Select(name => (string)Given(name, "target_modules")!)], JsonValue one => [(string)one!], _ => [] };

    private static JsonNode Given(JsonNode? value, string name) => value ?? throw new InvalidDataException($"\"{name}\" holds null where a value is expected.");

    private static void Refuse(bool wrong, string field)
    {
        if (wrong)
        {
            throw new InvalidDataException($"\"{field}\" asks for a kind of adapter that is not supported: plain LoRA without biases and saved modules is.");
        }
    }
}
