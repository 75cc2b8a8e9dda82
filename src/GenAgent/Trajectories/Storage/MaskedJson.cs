using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using GenAgent.Telemetry;

namespace GenAgent.Trajectories;

/// <summary>Removes secrets from every text of a JSON value, whatever its members: a member that is added later is masked too.</summary>
internal static class MaskedJson
{
    // No words of anybody, but what the reader needs as it is.
    private static readonly string[] Structural =
        ["schema", "id", "image_id", "key", "media_type", "seed_path", "started_at", "dialect", "stop_reason", "kind", "chosen_by", "verdict", "first_try",
            "ids", "log_probs", "sampled"];

    /// <summary>The value without secrets; the same bytes if it holds none.</summary>
    /// <param name="json">The value.</param>
    /// <param name="mask">Removes secrets from text.</param>
    /// <param name="wasMasked">Whether there was a secret.</param>
    public static ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> json, SecretMask mask, out bool wasMasked)
    {
        wasMasked = false;
        var target = new ArrayBufferWriter<byte>(json.Length);
        using (var writer = new Utf8JsonWriter(target, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = 256 });
            var isStructural = false;
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        var name = reader.GetString()!;
                        isStructural = Structural.Contains(name, StringComparer.Ordinal);
                        writer.WritePropertyName(Mask(name, ref wasMasked));
                        break;
                    case JsonTokenType.String when isStructural:
                        writer.WriteStringValue(reader.GetString());
                        break;
                    case JsonTokenType.String:
                        writer.WriteStringValue(Mask(reader.GetString()!, ref wasMasked));
                        break;
                    case JsonTokenType.StartObject:
                        writer.WriteStartObject();
                        break;
                    case JsonTokenType.EndObject:
                        writer.WriteEndObject();
                        break;
                    case JsonTokenType.StartArray:
                        isStructural = false;
                        writer.WriteStartArray();
                        break;
                    case JsonTokenType.EndArray:
                        writer.WriteEndArray();
                        break;
                    default:
                        writer.WriteRawValue(reader.ValueSpan);
                        break;
                }
            }
        }

        return wasMasked ? target.WrittenMemory : json;

        string Mask(string text, ref bool masked)
        {
            var clean = mask.Mask(text);
            masked |= !ReferenceEquals(clean, text) && !string.Equals(clean, text, StringComparison.Ordinal);
            return clean;
        }
    }

}
