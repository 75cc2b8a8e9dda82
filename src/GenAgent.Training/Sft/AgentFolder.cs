using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Agents;
using GenAgent.Storage;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Tokenizers;
using GenAgent.Torch.Tokenizers.Building;

namespace GenAgent.Training.Sft;

/// <summary>
/// What a model's folder in the layout of Hugging Face holds beside configuration and weights: tokenizer, chat template, image and sampling settings.
/// </summary>
public static class AgentFolder
{
    private const string TokenizerFile = "tokenizer.json";
    private const string GenerationFile = "generation_config.json";
    private const string EndOfText = "<|endoftext|>";

    private static readonly string[] Settings =
    [
        TokenizerFile, "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "merges.txt", "added_tokens.json",
        "chat_template.jinja", "chat_template.json", ImageProcessorOptions.FileName, "processor_config.json", GenerationFile, AgentProfile.FileName,
    ];

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether a folder has a tokenizer.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <returns>True if it has one.</returns>
    public static bool HasTokenizer(string folder) => File.Exists(Path.Combine(folder, TokenizerFile)) || File.Exists(Path.Combine(folder, "vocab.json"));

    /// <summary>Copies the settings of another model.</summary>
    /// <param name="from">The folder that has them.</param>
    /// <param name="to">The folder that gets them.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such model, or it has no tokenizer.</exception>
    public static void CopySettings(string from, string to)
    {
        if (!HasTokenizer(from)) throw new DirectoryNotFoundException($"{from} holds no tokenizer: it is no model's folder in the layout of Hugging Face.");
        Directory.CreateDirectory(to);
        foreach (var name in Settings.Where(name => File.Exists(Path.Combine(from, name))))
            File.Copy(Path.Combine(from, name), Path.Combine(to, name), overwrite: true);
    }

    /// <summary>Learns a vocabulary from texts, in Qwen's format and with Qwen's special tokens, and writes all settings of a new model.</summary>
    /// <param name="folder">Created if absent.</param>
    /// <param name="shape">Says how many ids there are, and how images are prepared.</param>
    /// <param name="texts">What the model will read and write.</param>
    public static void Create(string folder, AgentShape shape, IEnumerable<string> texts)
    {
        ArgumentNullException.ThrowIfNull(shape);
        Directory.CreateDirectory(folder);
        Write(folder, TokenizerFile, ByteLevelBpeTrainer.Train(texts, shape.VocabularySize));
        var tokenizer = TokenizerLoader.Load(folder);
        using var template = new StreamReader(typeof(AgentFolder).Assembly.GetManifestResourceStream("chat_template.jinja")!);
        var chat = template.ReadToEnd();
        Write(folder, "chat_template.jinja", chat);
        Write(folder, "tokenizer_config.json", new JsonObject
        {
            ["add_prefix_space"] = false,
            ["added_tokens_decoder"] = new JsonObject(
                tokenizer.AddedTokens.Values.OrderBy(token => token.Id)
                .Select(token =>
                KeyValuePair.Create(token.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), (JsonNode?)TokenizerJsonWriter.Describe(token)))),
            ["chat_template"] = chat,
            ["clean_up_tokenization_spaces"] = false,
            ["eos_token"] = QwenChatTemplate.TurnEnd,
            ["errors"] = "replace",
            ["model_max_length"] = shape.MaxPositions,
            ["pad_token"] = EndOfText,
            ["split_special_tokens"] = false,
            ["tokenizer_class"] = "Qwen2Tokenizer",
            ["unk_token"] = null,
        });
        WriteProcessor(folder, shape.Vision.Processor);
        Write(folder, GenerationFile, new JsonObject
        {
            ["bos_token_id"] = tokenizer.IdOf(EndOfText),
            ["pad_token_id"] = tokenizer.IdOf(EndOfText),
            ["eos_token_id"] = new JsonArray(tokenizer.IdOf(QwenChatTemplate.TurnEnd), tokenizer.IdOf(EndOfText)),
            ["do_sample"] = false,

            // A turn that runs on must leave room in the context to be told so.
            ["max_new_tokens"] = shape.MaxPositions / 6,
        });
    }

    /// <summary>
    /// Moves the point at which the model decides for a word (<c>sequence_bias</c> of its sampling settings), in place of the biases that are there: a word
    /// that it learned where it is seldom right is said too seldom where all cases count alike.
    /// </summary>
    /// <param name="folder">A model's folder with tokenizer and sampling settings.</param>
    /// <param name="words">What is added to the logits of every token that spells the word, alone or behind signs and spaces.</param>
    /// <exception cref="InvalidDataException">No token spells a word.</exception>
    public static void WriteBias(string folder, IReadOnlyDictionary<string, double> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        var tokenizer = TokenizerLoader.Load(folder);
        var path = Path.Combine(folder, GenerationFile);
        var settings = File.Exists(path) ? JsonNode.Parse(File.ReadAllBytes(path))!.AsObject() : [];
        var biases = new JsonArray();
        foreach (var (word, bias) in words.OrderBy(word => word.Key, StringComparer.Ordinal))
        {
            int[] ids = [.. Enumerable.Range(0, tokenizer.IdLimit).Where(id => tokenizer.TokenOf(id) is not null && Spells(tokenizer.Decode([id]), word))];
            if (ids.Length == 0) throw new InvalidDataException($"{folder}: no token of the vocabulary spells \"{word}\", so it can have no bias.");
            foreach (var id in ids) biases.Add(new JsonArray(new JsonArray(id), bias));
        }

        settings["sequence_bias"] = biases;
        Write(folder, GenerationFile, settings);
    }

    /// <summary>Writes how images are prepared.</summary>
    internal static void WriteProcessor(string folder, ImageProcessorOptions options) =>
        Write(folder, ImageProcessorOptions.FileName, new JsonObject
        {
            ["do_resize"] = true,
            ["do_rescale"] = true,
            ["do_normalize"] = true,
            ["do_convert_rgb"] = true,
            ["resample"] = 3,
            ["rescale_factor"] = options.RescaleFactor,
            ["min_pixels"] = options.MinPixels,
            ["max_pixels"] = options.MaxPixels,
            ["patch_size"] = options.PatchSize,
            ["temporal_patch_size"] = options.TemporalPatchSize,
            ["merge_size"] = options.MergeSize,
            ["image_mean"] = new JsonArray([.. options.Mean.Select(value => JsonValue.Create(value))]),
            ["image_std"] = new JsonArray([.. options.StandardDeviation.Select(value => JsonValue.Create(value))]),
            ["image_processor_type"] = "Qwen2VLImageProcessor",
            ["processor_class"] = "Qwen2_5_VLProcessor",
        });

    private static bool Spells(string token, string word) => token.EndsWith(word, StringComparison.Ordinal) && !token[..^word.Length].Any(char.IsLetterOrDigit);

    private static void Write(string folder, string name, JsonObject content) => Write(folder, name, content.ToJsonString(Json) + "\n");

    private static void Write(string folder, string name, string content) => AtomicFile.Write(Path.Combine(folder, name), Encoding.UTF8.GetBytes(content));
}
