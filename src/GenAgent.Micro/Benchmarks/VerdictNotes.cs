using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;
using GenAgent.Storage;

namespace GenAgent.Micro.Benchmarks;

/// <summary>The verifier's details in a sample: error kinds by name, and the objects that it saw.</summary>
internal static class VerdictNotes
{
    // Confident readings show no number; the tooltip has it.
    private const float SureConfidence = 0.75f;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The same as text with one value per line.</summary>
    public static JsonSerializerOptions IndentedJson { get; } = new(Json) { WriteIndented = true };

    private static readonly JsonSerializerOptions StrictJson = JsonFaults.Strict(Json);

    public static IReadOnlyList<string> ErrorKinds { get; } = [.. Enum.GetValues<ErrorKind>().Select(NameOf)];

    public static string NameOf(ErrorKind kind) => JsonNamingPolicy.CamelCase.ConvertName(kind.ToString());

    public static JsonElement Seen(SeenObject item) => JsonSerializer.SerializeToElement(item, Json);

    public static ImageMark Mark(JsonElement seen)
    {
        var item = Read(seen);
        var name = item.IsClear ? $"{WorldWords.Name(item.Color)} {WorldWords.Name(item.Class)}" : $"unclear: {item.Doubt}";
        var label = !item.IsClear
            ? "unclear"
            : item.Confidence >= SureConfidence ? name : string.Create(CultureInfo.InvariantCulture, $"{name} {item.Confidence:F2}");
        var detail = string.Create(CultureInfo.InvariantCulture, $"{name}, confidence {item.Confidence:F2}");
        const double Side = World.ImageSize;
        return new(item.Box.Left / Side, item.Box.Top / Side, item.Box.Right / Side, item.Box.Bottom / Side, label, detail, item.IsClear);
    }

    private static SeenObject Read(JsonElement seen)
    {
        try
        {
            return seen.Deserialize<SeenObject>(StrictJson) ?? throw new JsonException("null");
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException(
                $"A sample says that \"{seen.GetRawText()}\" was seen, which is no object of the miniature world. Remove its line from samples.jsonl to have "
                    + "it made anew.",
                broken);
        }
    }
}
