using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Models;
using GenAgent.Storage;

namespace GenAgent.Running;

/// <summary>
/// What decides the outcomes of a run: every option that matters, digests of model folders and data. A run's folder keeps it in <c>run.json</c>, and is
/// resumed with the same or not at all. Immutable.
/// </summary>
/// <param name="Kind">What kind of run it is, as <c>synthesis</c>.</param>
/// <param name="RootSeed">Where the seeds of all tasks come from.</param>
/// <param name="DecidedBy">What else decides the outcomes, by name; null says the same as a name that is left out.</param>
public sealed record RunManifest(string Kind, ulong RootSeed, IReadOnlyDictionary<string, string?> DecidedBy)
{
    /// <summary>The manifest's file in its folder.</summary>
    public const string FileName = "run.json";

    private const string Schema = "genagent.run/2";

    private static readonly JsonWriterOptions Written = new()
    {
        Indented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping
    };

    /// <summary>The members of a value as names and texts, those of inner values behind a colon: <c>options:rounds</c>.</summary>
    /// <param name="value">The value as JSON.</param>
    /// <param name="prefix">Stands before every name.</param>
    /// <returns>Texts by name; null for what is not set.</returns>
    public static Dictionary<string, string?> Flatten(JsonNode? value, string prefix = "")
    {
        Dictionary<string, string?> flat = new(StringComparer.Ordinal);
        Add(value, prefix);
        return flat;

        void Add(JsonNode? node, string name)
        {
            switch (node)
            {
                case JsonObject members:
                    foreach (var (member, inner) in members) Add(inner, name.Length == 0 ? member : $"{name}:{member}");
                    break;
                case JsonArray items:
                    for (var i = 0; i < items.Count; i++) Add(items[i], string.Create(CultureInfo.InvariantCulture, $"{name}:{i}"));
                    break;
                default:
                    flat[name] = node?.ToString();
                    break;
            }
        }
    }

    /// <summary>The same manifest with the digest of a model's folder, if the model runs in this process.</summary>
    /// <param name="name">What the model is for, as <c>generator</c>.</param>
    /// <param name="source">Where it was loaded from; null for a server's.</param>
    /// <returns>A new manifest, or the same one for a model that runs elsewhere.</returns>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public RunManifest WithModel(string name, ModelSource? source) =>
        source is null ? this : With(new Dictionary<string, string?>(StringComparer.Ordinal) { [$"models/{name}"] = source.Digest() });

    /// <summary>The same manifest with more that decides the outcomes.</summary>
    /// <param name="more">By name.</param>
    /// <returns>A new manifest.</returns>
    public RunManifest With(IEnumerable<KeyValuePair<string, string?>> more) =>
        this with
        {
            DecidedBy = new Dictionary<string, string?>(
                DecidedBy.Concat(more).GroupBy(value => value.Key, StringComparer.Ordinal).Select(values => values.Last()), StringComparer.Ordinal)
        };

    /// <summary>Writes the manifest into a new folder, or compares it with the folder's own. The caller holds the right to write to the folder.</summary>
    /// <param name="folder">The folder; it is there.</param>
    /// <param name="seedGiven">Whether the root seed must be the folder's own too; otherwise the folder's is taken.</param>
    /// <param name="old">Reads the manifest that earlier versions wrote; null for none.</param>
    /// <param name="notice">Is told what a user should know; null for nobody.</param>
    /// <returns>The folder's manifest.</returns>
    /// <exception cref="ArgumentException">The folder was begun with other settings; the message names each.</exception>
    /// <exception cref="InvalidDataException">The folder's manifest cannot be read.</exception>
    public RunManifest TakeUp(string folder, bool seedGiven = true, OldManifest? old = null, Action<string>? notice = null)
    {
        var begun = Load(folder, old);
        if (begun is null)
        {
            Save(folder);
            return this;
        }

        var unrecorded = begun.Unrecorded(this);
        var changes = begun.ChangesTo(this, seedGiven).ToList();
        if (begun.IsOld && old is { IsStrict: true } && unrecorded.Count > 0)
        {
            changes.Add($"it was begun by an earlier version, which did not record {string.Join(", ", unrecorded)}");
        }

        if (changes.Count > 0)
        {
            throw new ArgumentException(
                $"{Path.Combine(folder, FileName)}: the folder was begun with other settings: {string.Join("; ", changes)}. Resume with the same settings, or "
                    + "choose another folder.", nameof(folder));
        }

        if (!begun.IsOld) return begun;
        if (unrecorded.Count > 0)
        {
            notice?.Invoke(
                $"{folder} was begun by an earlier version, which did not record {string.Join(", ", unrecorded)}; what is added "
                    + "is made with what is there now.");
        }
        var upgraded = this with { RootSeed = begun.RootSeed };
        upgraded.Save(folder);
        return upgraded;
    }

    /// <summary>The manifest of a folder; null where there is none.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="old">Reads the manifest that earlier versions wrote; null for none.</param>
    /// <returns>The manifest, or null.</returns>
    /// <exception cref="InvalidDataException">The manifest cannot be read; the message names the file.</exception>
    public static RunManifest? Load(string folder, OldManifest? old = null)
    {
        var path = Path.Combine(folder, FileName);
        if (File.Exists(path)) return Read(path, File.ReadAllBytes(path), Parse);
        return old is not null && Path.Combine(folder, old.FileName) is var earlier && File.Exists(earlier)
            ? Read(earlier, File.ReadAllBytes(earlier), old.Convert) with { IsOld = true }
            : null;
    }

    /// <summary>Whether an earlier version wrote it, which did not record all that decides: what it does not name is unknown, not empty.</summary>
    public bool IsOld { get; init; }

    /// <summary>The manifest as one line: what a checkpoint is compared by.</summary>
    /// <returns>JSON without line ends.</returns>
    public override string ToString() => ToJson().ToJsonString();

    /// <summary>Reads a manifest that <see cref="ToString"/> wrote.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The manifest.</returns>
    /// <exception cref="InvalidDataException">It is no manifest.</exception>
    public static RunManifest FromText(string text) => Read("The text", System.Text.Encoding.UTF8.GetBytes(text), Parse);

    /// <summary>What differs from this manifest to the one asked for, as <c>seed was 1, now 2</c>.</summary>
    /// <param name="asked">The manifest asked for.</param>
    /// <param name="withSeed">Whether the root seeds are compared too.</param>
    /// <returns>A sentence for each difference; empty for none.</returns>
    public IEnumerable<string> ChangesTo(RunManifest asked, bool withSeed = true)
    {
        ArgumentNullException.ThrowIfNull(asked);
        return Changes(asked, withSeed);
    }

    private IEnumerable<string> Changes(RunManifest asked, bool withSeed)
    {
        if (!string.Equals(Kind, asked.Kind, StringComparison.Ordinal)) yield return $"kind was {Kind}, now {asked.Kind}";
        if (withSeed && RootSeed != asked.RootSeed) yield return string.Create(CultureInfo.InvariantCulture, $"seed was {RootSeed}, now {asked.RootSeed}");
        foreach (var name in DecidedBy.Keys.Union(asked.DecidedBy.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var (was, now) = (DecidedBy.GetValueOrDefault(name), asked.DecidedBy.GetValueOrDefault(name));
            if (!string.Equals(was, now, StringComparison.Ordinal) && !IsUnrecorded(name)) yield return $"{name} was {was ?? "empty"}, now {now ?? "empty"}";
        }
    }

    private List<string> Unrecorded(RunManifest asked) =>
        [.. asked.DecidedBy.Where(value => value.Value is not null && IsUnrecorded(value.Key)).Select(value => value.Key).Order(StringComparer.Ordinal)];

    private bool IsUnrecorded(string name) => IsOld && !DecidedBy.ContainsKey(name);

    private static RunManifest Read(string path, byte[] text, Func<JsonObject, RunManifest> convert)
    {
        try
        {
            return convert(JsonNode.Parse(text)?.AsObject() ?? throw new JsonException("null"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or NullReferenceException)
        {
            throw new InvalidDataException($"{path} is no manifest of a run: {e.Message}", e);
        }
    }

    private static RunManifest Parse(JsonObject json)
    {
        var schema = (string?)json["schema"];
        if (schema is "genagent.run/1")
        {
            // The first version knew prompt files only, recorded no models, and how a judge judges also without a judge.
            var options = Values(json["options"]!);
            var hasJudge = options.GetValueOrDefault("Backends:Judge") is not null;
            return new RunManifest(
                "generate",
                (ulong)json["root_seed"]!,
                options.Where(option => hasJudge || !option.Key.StartsWith("Judging:", StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal))
                {
                    IsOld = true
                };
        }

        if (schema is not Schema) throw new JsonException($"its schema is \"{schema}\", and this version of GenAgent reads {Schema} and earlier.");
        return new RunManifest((string)json["kind"]!, (ulong)json["root_seed"]!, Values(json["decided_by"]!));
    }

    private static Dictionary<string, string?> Values(JsonNode values) =>
        values.AsObject().ToDictionary(value => value.Key, value => (string?)value.Value, StringComparer.Ordinal);

    private JsonObject ToJson() => new()
    {
        ["schema"] = Schema,
        ["kind"] = Kind,
        ["root_seed"] = RootSeed,
        ["decided_by"] = new JsonObject(DecidedBy.Where(value => value.Value is not null).OrderBy(value => value.Key, StringComparer.Ordinal)
            .Select(value => KeyValuePair.Create(value.Key, (JsonNode?)value.Value))),
    };

    private void Save(string folder) => AtomicFile.Write(Path.Combine(folder, FileName), stream =>
    {
        using var writer = new Utf8JsonWriter(stream, Written);
        ToJson().WriteTo(writer);
    });
}

/// <summary>Reads what earlier versions wrote in the place of <see cref="RunManifest.FileName"/>.</summary>
/// <param name="FileName">Their file.</param>
/// <param name="Convert">Makes a manifest of its content, by the names of today.</param>
public sealed record OldManifest(string FileName, Func<JsonObject, RunManifest> Convert)
{
    /// <summary>Whether a folder is refused that does not record all that decides; otherwise it is resumed, with a notice.</summary>
    public bool IsStrict { get; init; }
}
