using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit.Sdk;

namespace GenAgent.TestKit.Golden;

/// <summary>
/// Reads recordings of which each may lack what another holds. Under GENAGENT_GOLDEN a check that needs what a case did not record is skipped;
/// in the repository's own recordings it fails.
/// </summary>
public static class Recorded
{
    /// <summary>A member that a check cannot do without.</summary>
    public static JsonElement Need(this JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : throw Missing(name, parent.GetRawText());

    /// <summary>A member that a check cannot do without.</summary>
    public static JsonNode Need(this JsonNode? parent, string name) =>
        (parent as JsonObject)?[name] ?? throw Missing(name, parent?.ToJsonString() ?? "nothing");

    /// <summary>A member, or an undefined element where it was not recorded.</summary>
    public static JsonElement Find(this JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) ? value : default;

    /// <summary>A list's elements; none where it was not recorded.</summary>
    public static IEnumerable<JsonElement> FindAll(this JsonElement parent, string name) =>
        parent.Find(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    /// <summary>A file's JSON.</summary>
    public static JsonElement Json(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }

    /// <summary>The objects of a JSON Lines file.</summary>
    public static IEnumerable<JsonElement> JsonLines(string path)
    {
        foreach (var line in File.ReadLines(path).Where(line => !string.IsNullOrWhiteSpace(line)))
        {
            using var document = JsonDocument.Parse(line);
            yield return document.RootElement.Clone();
        }
    }

    /// <summary>Names for a theory, which must have a row: an empty one where nothing of the kind is recorded, for <see cref="SkipNone"/>.</summary>
    public static IEnumerable<string> OrNone(this IEnumerable<string> names) => names.DefaultIfEmpty(string.Empty);

    /// <summary>Skips a theory that has no case.</summary>
    public static void SkipNone(string name)
    {
        if (name.Length > 0) return;
        Assert.SkipUnless(GoldenRoot.IsDefault, "nothing of this kind is recorded");
        Assert.Fail("The repository's own recordings are missing.");
    }

    /// <summary>Checks each recording, passing over those that lack what the check needs; where that befalls all, the test is skipped.</summary>
    public static void Each<T>(IEnumerable<T> recordings, Action<T> check) =>
        EachAsync(recordings, one =>
        {
            check(one);
            return Task.CompletedTask;
        }).GetAwaiter().GetResult();

    /// <summary>Checks each recording, passing over those that lack what the check needs; where that befalls all, the test is skipped.</summary>
    public static async Task EachAsync<T>(IEnumerable<T> recordings, Func<T, Task> check)
    {
        var (compared, why) = (0, "nothing of this kind is recorded");
        foreach (var one in recordings)
        {
            try
            {
                await check(one);
                compared++;
            }
            catch (SkipException skip)
            {
                why = skip.Message.Replace("$XunitDynamicSkip$", string.Empty, StringComparison.Ordinal);
            }
        }

        if (compared > 0) return;
        Assert.SkipUnless(GoldenRoot.IsDefault, why);
        Assert.Fail($"None of the repository's own recordings could be compared: {why}.");
    }

    private static Exception Missing(string name, string place)
    {
        var why = $"\"{name}\" was not recorded in {(place.Length > 120 ? place[..120] + "..." : place)}";
        return GoldenRoot.IsDefault ? new InvalidDataException(why) : SkipException.ForSkip(why);
    }
}
