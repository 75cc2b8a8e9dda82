using System.Text.Json;
using GenAgent.Storage;

namespace GenAgent.Trajectories.Exchange;

/// <summary>
/// The names of a file's columns, tags and roles, from its entry in the <c>dataset_info.json</c> beside it (LLaMA-Factory's data/README.md). Without tags
/// there, both usual layouts are read (<c>conversations</c>/<c>from</c>/<c>value</c> and <c>messages</c>/<c>role</c>/<c>content</c>).
/// </summary>
internal sealed class ShareGptLayout
{
    public const string InfoName = "dataset_info.json";

    private static readonly Dictionary<string, ShareGptRole> UsualRoles = new(StringComparer.Ordinal)
    {
        ["human"] = ShareGptRole.User,
        ["user"] = ShareGptRole.User,
        ["gpt"] = ShareGptRole.Assistant,
        ["assistant"] = ShareGptRole.Assistant,
        ["observation"] = ShareGptRole.Observation,
        ["tool"] = ShareGptRole.Observation,
        ["function_call"] = ShareGptRole.FunctionCall,
        ["system"] = ShareGptRole.System,
    };

    private static readonly (string Tag, string Default, ShareGptRole Role)[] RoleTags =
    [
        ("user_tag", "human", ShareGptRole.User),
        ("assistant_tag", "gpt", ShareGptRole.Assistant),
        ("observation_tag", "observation", ShareGptRole.Observation),
        ("function_tag", "function_call", ShareGptRole.FunctionCall),
        ("system_tag", "system", ShareGptRole.System),
    ];

    private readonly Dictionary<string, ShareGptRole> _roles;
    private readonly string _source;

    private ShareGptLayout(Dictionary<string, ShareGptRole> roles, string source) => (_roles, _source) = (roles, source);

    /// <summary>The layout of a file without an entry.</summary>
    public static ShareGptLayout Usual { get; } = new(UsualRoles, string.Empty);

    public string[] Messages { get; private init; } = ["conversations", "messages"];

    public string[] System { get; private init; } = ["system"];

    public string[] Images { get; private init; } = ["images", "image"];

    public string[] Tools { get; private init; } = ["tools"];

    public string[] RoleTag { get; private init; } = ["from", "role"];

    public string[] ContentTag { get; private init; } = ["value", "content"];

    /// <summary>Reads a file's layout from the <c>dataset_info.json</c> in its folder.</summary>
    /// <exception cref="InvalidDataException">That file is damaged, or says that the file is in another layout; the message names both.</exception>
    public static ShareGptLayout Of(string file)
    {
        var info = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, InfoName);
        if (!File.Exists(info) || string.Equals(Path.GetFileName(file), InfoName, StringComparison.Ordinal)) return Usual;
        try
        {
            using var all = JsonDocument.Parse(JsonRecords.WithoutMark(File.ReadAllBytes(info)));
            if (all.RootElement.ValueKind != JsonValueKind.Object) throw new InvalidDataException("a JSON object of data sets is expected.");
            foreach (var entry in all.RootElement.EnumerateObject())
            {
                if (entry.Value.ValueKind == JsonValueKind.Object
                    && string.Equals(Text(entry.Value, "file_name"), Path.GetFileName(file), StringComparison.Ordinal))
                    return Described(entry.Value, $"{InfoName}, \"{entry.Name}\"");
            }

            return Usual;
        }
        catch (Exception broken) when (broken is JsonException or InvalidDataException or InvalidOperationException)
        {
            throw new InvalidDataException($"{info}: {broken.Message}", broken);
        }
    }

    /// <summary>Maps a role.</summary>
    /// <exception cref="InvalidDataException">The role is unknown; the message names it and the known ones.</exception>
    public ShareGptRole RoleOf(string role) => _roles.TryGetValue(role, out var known)
        ? known
        : throw new InvalidDataException(
            $"The role \"{role}\" is unknown; known are "
                + $"{string.Join(", ", _roles.Keys)}{(_source.Length > 0 ? $" (by {_source})" : $". Name others as tags in a {InfoName} beside the file")}.");

    private static ShareGptLayout Described(JsonElement entry, string source)
    {
        if (Text(entry, "formatting") is { } formatting && formatting is not ("sharegpt" or "openai"))
            throw new InvalidDataException($"{source} is in the layout \"{formatting}\"; only sharegpt and openai are read.");
        if (entry.TryGetProperty("ranking", out var ranking) && ranking.ValueKind == JsonValueKind.True)
            throw new InvalidDataException($"{source} holds pairs of answers (\"ranking\"), not conversations to learn.");
        var (columns, tags) = (Section(entry, "columns"), Section(entry, "tags"));
        var roles = tags is null ? UsualRoles : RoleTags
            .Select(tag => (Name: Text(tags.Value, tag.Tag) ?? tag.Default, tag.Role))
            .DistinctBy(tag => tag.Name, StringComparer.Ordinal)
            .ToDictionary(tag => tag.Name, tag => tag.Role, StringComparer.Ordinal);
        return new ShareGptLayout(roles, tags is null ? string.Empty : source)
        {
            Messages = One(columns, "messages") ?? Usual.Messages,
            System = One(columns, "system") ?? Usual.System,
            Images = One(columns, "images") ?? Usual.Images,
            Tools = One(columns, "tools") ?? Usual.Tools,
            RoleTag = tags is null ? Usual.RoleTag : One(tags, "role_tag") ?? ["from"],
            ContentTag = tags is null ? Usual.ContentTag : One(tags, "content_tag") ?? ["value"],
        };
    }

    private static string[]? One(JsonElement? section, string name) => section is { } names && Text(names, name) is { } text ? [text] : null;

    private static JsonElement? Section(JsonElement entry, string name) =>
        !entry.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.Object ? value
        : throw new InvalidDataException($"\"{name}\" is no object.");

    private static string? Text(JsonElement json, string name) =>
        !json.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw new InvalidDataException($"\"{name}\" is no text.");
}
