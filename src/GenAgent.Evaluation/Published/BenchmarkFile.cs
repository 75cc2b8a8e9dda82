using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GenAgent.Storage;

namespace GenAgent.Evaluation.Published;

/// <summary>The data of a benchmark: a shipped resource or a user's file, named by its hash. Immutable.</summary>
/// <param name="Name">Its name in messages.</param>
/// <param name="Text">Its content.</param>
internal sealed record BenchmarkFile(string Name, string Text)
{
    /// <summary>SHA-256 of the content, in lower-case hexadecimal digits.</summary>
    public string Hash { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));

    public static BenchmarkFile Shipped(string resource)
    {
        using var stream = typeof(BenchmarkFile).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidDataException($"The assembly lacks its resource {resource}.");
        using var reader = new StreamReader(stream);
        return new(resource, reader.ReadToEnd());
    }

    public static BenchmarkFile Read(string path) => new(path, TextFile.Read(path));

    /// <summary>The lines as JSON objects, each read by the function.</summary>
    /// <exception cref="InvalidDataException">A line is no such object; the message names it.</exception>
    public IReadOnlyList<T> Lines<T>(Func<JsonElement, int, T> read)
    {
        List<T> all = [];
        foreach (var (number, line) in Text.Split('\n').Index().Where(l => l.Item.Trim().Length > 0))
            all.Add(Guard($"{Name}, line {number + 1}", () => read(Object(JsonDocument.Parse(line).RootElement), number + 1)));
        return all.Count > 0 ? all : throw new InvalidDataException($"{Name} holds no prompts.");
    }

    /// <summary>The entries of a JSON array, each read by the function.</summary>
    /// <exception cref="InvalidDataException">An entry is no such object; the message names it.</exception>
    public IReadOnlyList<T> Entries<T>(Func<JsonElement, T> read)
    {
        var root = Guard(Name, () => JsonDocument.Parse(Text).RootElement);
        if (root.ValueKind != JsonValueKind.Array || root.GetArrayLength() == 0)
            throw new InvalidDataException($"{Name} is no JSON array of prompts.");
        return [.. root.EnumerateArray().Select((e, i) => Guard($"{Name}, entry {i + 1}", () => read(Object(e))))];
    }

    /// <summary>A member that is a text.</summary>
    /// <exception cref="JsonException">There is none.</exception>
    public static string TextOf(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new JsonException($"\"{name}\" is no text.");

    private static JsonElement Object(JsonElement element) => element.ValueKind == JsonValueKind.Object ? element : throw new JsonException("it is no object.");

    private static T Guard<T>(string where, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{where}: {e.Message}", e);
        }
    }
}
