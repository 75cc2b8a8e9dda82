using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Dialects;

namespace GenAgent.Agents;

/// <summary>
/// What a model that was trained as an agent is used to. A chat client that runs such a model hands its profile out as a service
/// (<c>GetService</c>), and an agent whose options do not say otherwise follows it: a model is told at work what it was told in training. Immutable.
/// </summary>
public sealed record AgentProfile
{
    /// <summary>The file beside a model's weights that holds its profile.</summary>
    public const string FileName = "agent.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping
    };

    /// <summary>What the system turn says before it lists the tools; null for what the dialect says.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Instructions { get; init; }

    /// <summary>The dialect that it speaks; null for the default, or for that of a model known by its name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonConverter(typeof(DialectConverter))]
    public Dialect? Dialect { get; init; }

    /// <summary>The most rounds with an image that it has seen, 1 or more; beyond these it does not know what it does. Null for any number.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MaxRounds { get; init; }

    /// <summary>The profile of a model's folder; null where it has none.</summary>
    /// <exception cref="InvalidDataException">The file is no profile.</exception>
    public static AgentProfile? Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return null;
        try
        {
            var profile = JsonSerializer.Deserialize<AgentProfile>(File.ReadAllBytes(path), Json);
            if (profile is null || (profile.Instructions is null && profile.Dialect is null) || profile.Instructions?.Trim().Length == 0)
            {
                throw new InvalidDataException(
                    $"{path}: \"instructions\" is empty; write what the model was told in training, name its \"dialect\", or remove the file.");
            }

            return profile.MaxRounds is < 1 or > 100
                ? throw new InvalidDataException($"{path}: \"maxRounds\" is {profile.MaxRounds}, but must be from 1 to 100.")
                : profile;
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"{path}: not an agent's profile ({fault.Message})", fault);
        }
    }

    /// <summary>Writes the profile into a model's folder.</summary>
    public void Save(string folder) => File.WriteAllText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, Json) + "\n");

    private sealed class DialectConverter : JsonConverter<Dialect>
    {
        public override Dialect Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var name = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            return Dialects.Dialect.Find(name) ?? throw new JsonException($"\"dialect\": {Dialects.Dialect.Unknown(name)}");
        }

        public override void Write(Utf8JsonWriter writer, Dialect value, JsonSerializerOptions options) => writer.WriteStringValue(value.Name);
    }
}
