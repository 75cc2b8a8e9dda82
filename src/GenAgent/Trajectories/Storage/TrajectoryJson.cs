using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Protocol;
using GenAgent.Storage;
using GenAgent.Telemetry;

namespace GenAgent.Trajectories;

/// <summary>
/// A trajectory as one line of JSON, with the schema's version first. Every version from 1 to <see cref="Schema"/> is read;
/// members that this version does not know are skipped. What schema 1 kept in labels and rewards is read into the members of today.
/// </summary>
public static class TrajectoryJson
{
    /// <summary>The version that is written.</summary>
    public const int Schema = 2;

    private const string SchemaMember = "schema";

    private static readonly byte[] SchemaFirst = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"{SchemaMember}\":{Schema},"));

    // Read without generated code: that would set members that a line of an earlier version lacks to null, instead of leaving them at their defaults.
    // Non-ASCII text is kept readable: the lines go to files, never into a web page.
    private static readonly JsonSerializerOptions Options = JsonFaults.Strict(new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters =
        {
            new TokenTraceConverter(), new SnakeCaseConverter<StopReason>(), new SnakeCaseConverter<FaultKind>(),
            new SnakeCaseConverter<ChoiceRule>(), new SnakeCaseConverter<Verdict>(), new SnakeCaseConverter<FirstTry>(),
        },
    });

    /// <summary>Writes the trajectory as one line of UTF-8, without the line's end.</summary>
    /// <param name="trajectory">The trajectory.</param>
    /// <returns>The line.</returns>
    public static ReadOnlyMemory<byte> Write(Trajectory trajectory)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(trajectory, Options);
        return (byte[])[.. SchemaFirst, .. body.AsSpan(1)];
    }

    /// <summary>Writes the trajectory without secrets. Where there was one, the token trace is left out: its tokens would say it.</summary>
    internal static ReadOnlyMemory<byte> Write(Trajectory trajectory, SecretMask mask)
    {
        var bare = MaskedJson.Apply(Write(trajectory with { Trace = null }), mask, out var wasMasked);
        return wasMasked || trajectory.Trace is null ? bare : Write(trajectory);
    }

    /// <summary>Reads one line.</summary>
    /// <param name="line">UTF-8.</param>
    /// <returns>The trajectory.</returns>
    /// <exception cref="InvalidDataException">The line is no trajectory, or one of a later version; the message says what is wrong.</exception>
    public static Trajectory Read(ReadOnlySpan<byte> line)
    {
        try
        {
            var schema = CheckSchema(line);
            JsonFaults.RequireNoNullInLists(line);
            var trajectory = Checked(
                JsonSerializer.Deserialize<Trajectory>(line, Options) ?? throw new InvalidDataException("The line is null, and no trajectory."));
            return schema == 1 ? FirstSchema.Upgrade(trajectory) : trajectory;
        }
        catch (Exception broken) when (broken is JsonException or FormatException or InvalidOperationException)
        {
            throw new InvalidDataException($"The line is no trajectory: {JsonFaults.InWords(broken.Message)}", broken);
        }
    }

    // An image's id becomes a path: it is nothing but digits, whoever wrote the line. Indexes are those of images that are there.
    private static Trajectory Checked(Trajectory trajectory)
    {
        if (trajectory.AllImages.Select(image => image.Id).Concat(trajectory.Answer is { } answer ? [answer.ImageId] : [])
            .FirstOrDefault(id => !ImageReference.IsId(id)) is { } wrong)
        {
            throw new InvalidDataException(
                $"The line is no trajectory: an image's id is \"{(wrong.Length > 80 ? wrong[..80] : wrong)}\", but must be the 64 hexadecimal digits of its "
                    + "SHA-256.");
        }

        foreach (var (at, round) in trajectory.Rounds.Index())
        {
            var indexes = round.Judgments.Select(judgment => judgment.Candidate).Concat(round.Shown is { } shown ? [shown] : []);
            if (indexes.Cast<int?>().FirstOrDefault(index => index < 0 || index >= round.Images.Count) is { } outside)
                throw new InvalidDataException($"The line is no trajectory: round {at} has {round.Images.Count} images, but names image {outside} (from 0).");
        }

        return trajectory;
    }

    private static int CheckSchema(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        var stands = reader.Read() && reader.TokenType == JsonTokenType.StartObject
            && reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(SchemaMember)
            && reader.Read() && reader.TokenType == JsonTokenType.Number;
        if (!stands || !reader.TryGetInt32(out var schema) || schema < 1)
        {
            throw new InvalidDataException($"The line is no trajectory: it does not begin with {{\"{SchemaMember}\": <version>.");
        }

        if (schema > Schema)
        {
            throw new InvalidDataException(
                $"The trajectory was written with schema {schema}, but this version of GenAgent reads up to {Schema}: update GenAgent.");
        }

        return schema;
    }
}

/// <summary>Writes an enumeration's values as <c>snake_case</c> words.</summary>
internal sealed class SnakeCaseConverter<TEnum>() : JsonStringEnumConverter<TEnum>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where TEnum : struct, Enum;
