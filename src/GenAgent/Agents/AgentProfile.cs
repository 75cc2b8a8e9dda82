using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Dialects;

namespace GenAgent.Agents;

/// <summary>
/// The training setup of a model that was trained as an agent. A chat client for such a model returns its profile as a service (<c>GetService</c>), and an
/// agent follows it unless its options say otherwise, so that the model gets the same instructions as in training. Immutable.
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

    /// <summary>The instructions before the list of tools in the system turn; null for the dialect's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Instructions { get; init; }

    /// <summary>The model's dialect; null for that of a known model name, else the default.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonConverter(typeof(DialectConverter))]
    public Dialect? Dialect { get; init; }

    /// <summary>The largest number of image rounds in its training, 1 or more; it does not behave reliably beyond. Null for any number.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MaxRounds { get; init; }

    /// <summary>The profile of a model's folder; null if it has none.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The profile, or null.</returns>
    /// <exception cref="InvalidDataException">The file is not a valid profile.</exception>
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
                    $"{path}: \"instructions\" is empty; write the instructions of the model's training, name its \"dialect\", or remove the file.");
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
    /// <param name="folder">The folder.</param>
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
