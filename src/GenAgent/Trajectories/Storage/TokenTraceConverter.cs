using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GenAgent.Trajectories;

/// <summary>
/// A token trace as base64: ids as little-endian int32, log-probabilities as little-endian float32, who wrote each as a byte, 0 or 1; the turns as objects.
/// </summary>
internal sealed class TokenTraceConverter : JsonConverter<TokenTrace>
{
    private const string Ids = "ids";
    private const string LogProbs = "log_probs";
    private const string Sampled = "sampled";
    private const string TurnsName = "turns";

    public override TokenTrace Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var ids = Unpack(document.RootElement, Ids, sizeof(int), BinaryPrimitives.ReadInt32LittleEndian);
        var logProbs = Unpack(document.RootElement, LogProbs, sizeof(float), BinaryPrimitives.ReadSingleLittleEndian);
        var sampled = Unpack(document.RootElement, Sampled, sizeof(byte), bytes => bytes[0] != 0);
        return ids.Length == logProbs.Length && ids.Length == sampled.Length
            ? new TokenTrace(ids, logProbs, sampled) { Turns = Turns(document.RootElement, ids.Length, options) }
            : throw new JsonException(
                $"The token trace has {ids.Length} ids, {logProbs.Length} log-probabilities and {sampled.Length} marks: they must be as many.");
    }

    public override void Write(Utf8JsonWriter writer, TokenTrace value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteBase64String(Ids, Pack(value.Ids, sizeof(int), BinaryPrimitives.WriteInt32LittleEndian));
        writer.WriteBase64String(LogProbs, Pack(value.LogProbs, sizeof(float), BinaryPrimitives.WriteSingleLittleEndian));
        writer.WriteBase64String(Sampled, Pack(value.Sampled, sizeof(byte), (bytes, mark) => bytes[0] = mark ? (byte)1 : (byte)0));
        if (value.Turns.Count > 0)
        {
            writer.WritePropertyName(TurnsName);
            JsonSerializer.Serialize(writer, value.Turns, options);
        }

        writer.WriteEndObject();
    }

    private static IReadOnlyList<TraceTurn> Turns(JsonElement trace, int tokens, JsonSerializerOptions options)
    {
        if (!trace.TryGetProperty(TurnsName, out var written))
        {
            return [];
        }

        var turns = written.Deserialize<IReadOnlyList<TraceTurn>>(options) ?? [];
        return turns.All(turn => turn is { Start: >= 0, Count: > 0 } && turn.Start <= tokens - turn.Count)
            ? turns
            : throw new JsonException($"A turn of the token trace lies outside of its {tokens} tokens.");
    }

    private delegate void WriteValue<T>(Span<byte> bytes, T value);

    private delegate T ReadValue<T>(ReadOnlySpan<byte> bytes);

    private static byte[] Pack<T>(IReadOnlyList<T> values, int size, WriteValue<T> write)
    {
        var bytes = new byte[values.Count * size];
        for (var i = 0; i < values.Count; i++)
        {
            write(bytes.AsSpan(i * size, size), values[i]);
        }

        return bytes;
    }

    private static T[] Unpack<T>(JsonElement trace, string member, int size, ReadValue<T> read)
    {
        if (!trace.TryGetProperty(member, out var packed) || !packed.TryGetBytesFromBase64(out var bytes) || bytes.Length % size != 0)
        {
            throw new JsonException($"The token trace's \"{member}\" is no base64 of {size}-byte values.");
        }

        var values = new T[bytes.Length / size];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = read(bytes.AsSpan(i * size, size));
        }

        return values;
    }
}
