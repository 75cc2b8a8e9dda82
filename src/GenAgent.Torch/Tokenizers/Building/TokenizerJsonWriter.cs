using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Torch.Tokenizers.PreTokenizers;

namespace GenAgent.Torch.Tokenizers.Building;

/// <summary>Writes <c>tokenizer.json</c> as the reference library does.</summary>
public static class TokenizerJsonWriter
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Byte-level BPE with Qwen's normaliser, pattern and decoder.</summary>
    /// <param name="tokens">The tokens, in the order of their ids.</param>
    /// <param name="merges">Pairs that are merged, the first ones first.</param>
    /// <param name="added">Tokens outside of the merges.</param>
    /// <returns>The JSON.</returns>
    public static string WriteQwen(IReadOnlyList<string> tokens, IReadOnlyList<(string First, string Second)> merges, IReadOnlyList<AddedToken> added)
    {
        var byteLevel = () => new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = false, ["use_regex"] = false };
        var split = new JsonObject
        {
            ["type"] = "Split",
            ["pattern"] = new JsonObject { ["Regex"] = PieceScanners.QwenPattern },
            ["behavior"] = "Isolated",
            ["invert"] = false,
        };
        var model = new JsonObject
        {
            ["type"] = "BPE",
            ["dropout"] = null,
            ["unk_token"] = null,
            ["continuing_subword_prefix"] = "",
            ["end_of_word_suffix"] = "",
            ["fuse_unk"] = false,
            ["byte_fallback"] = false,
            ["vocab"] = new JsonObject(tokens.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id))),
            ["merges"] = new JsonArray([.. merges.Select(merge => (JsonNode)$"{merge.First} {merge.Second}")]),
        };
        return Root(
            added,
            new JsonObject { ["type"] = "NFC" },
            new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray(split, byteLevel()) },
            byteLevel(),
            byteLevel(),
            model);
    }

    /// <summary>A unigram model with T5's blanks and end token.</summary>
    /// <param name="pieces">The pieces with their log-probabilities, in the order of their ids.</param>
    /// <param name="added">Tokens outside of the pieces.</param>
    /// <param name="end">The token that ends every text.</param>
    /// <param name="unknown">The id of what no piece covers.</param>
    /// <param name="lowercase">Whether texts are made lower case first.</param>
    /// <returns>The JSON.</returns>
    public static string WriteT5(
        IReadOnlyList<(string Token, double Score)> pieces, IReadOnlyList<AddedToken> added, AddedToken end, int unknown, bool lowercase)
    {
        var metaspace = () => new JsonObject { ["type"] = "Metaspace", ["replacement"] = "▁", ["prepend_scheme"] = "always", ["split"] = true };
        var sequence = () => new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } };
        var endToken = () => new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = end.Content, ["type_id"] = 0 } };
        var template = new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray(sequence(), endToken()),
            ["pair"] = new JsonArray(sequence(), endToken()),
            ["special_tokens"] = new JsonObject
            {
                [end.Content] = new JsonObject
                {
                    ["id"] = end.Content,
                    ["ids"] = new JsonArray(end.Id),
                    ["tokens"] = new JsonArray(end.Content),
                },
            },
        };
        var model = new JsonObject
        {
            ["type"] = "Unigram",
            ["unk_id"] = unknown,
            ["vocab"] = new JsonArray([.. pieces.Select(piece => (JsonNode)new JsonArray(piece.Token, piece.Score))]),
            ["byte_fallback"] = false,
        };
        return Root(
            added,
            lowercase ? new JsonObject { ["type"] = "Lowercase" } : null,
            new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray(new JsonObject { ["type"] = "WhitespaceSplit" }, metaspace()) },
            template,
            metaspace(),
            model);
    }

    /// <summary>An object of tokens and ids, as <c>vocab.json</c> holds it.</summary>
    /// <param name="tokens">Tokens with their ids.</param>
    /// <returns>The JSON.</returns>
    public static string WriteVocabulary(IReadOnlyList<string> tokens) =>
        new JsonObject(tokens.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id))).ToJsonString(Options);

    /// <summary>The object that describes an added token; the id stands apart in <c>tokenizer_config.json</c>.</summary>
    /// <param name="token">The token.</param>
    /// <returns>The object.</returns>
    public static JsonObject Describe(AddedToken token) => new()
    {
        ["content"] = token.Content,
        ["single_word"] = token.SingleWord,
        ["lstrip"] = token.LeftStrip,
        ["rstrip"] = token.RightStrip,
        ["normalized"] = token.Normalized,
        ["special"] = token.Special,
    };

    /// <summary>The JSON of an object, laid out as the reference library does.</summary>
    /// <param name="root">The object.</param>
    /// <returns>The JSON.</returns>
    public static string Write(JsonObject root) => root.ToJsonString(Options);

    private static string Root(
        IReadOnlyList<AddedToken> added, JsonNode? normalizer, JsonNode preTokenizer, JsonNode postProcessor, JsonNode decoder, JsonNode model)
    {
        var tokens = new JsonArray();
        foreach (var token in added)
        {
            var description = Describe(token);
            description.Insert(0, "id", token.Id);
            tokens.Add((JsonNode)description);
        }

        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = tokens,
            ["normalizer"] = normalizer,
            ["pre_tokenizer"] = preTokenizer,
            ["post_processor"] = postProcessor,
            ["decoder"] = decoder,
            ["model"] = model,
        }.ToJsonString(Options);
    }
}
