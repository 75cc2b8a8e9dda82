using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using GenAgent.Storage;
using GenAgent.Validation;

namespace GenAgent.Training.Recipes;

/// <summary>A recipe cannot be used; the message names the file, the option's path and what is allowed.</summary>
/// <param name="message">The file, the option's path, and what is allowed.</param>
/// <param name="inner">The cause; null for none.</param>
public sealed class RecipeException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Reads a training recipe: JSON of an options record, comments allowed, nothing unknown, every value in its range.</summary>
public static class RecipeFile
{
    // Editors read it; a run does not.
    private const string SchemaKey = "$schema";

    /// <summary>How recipes are written: the names of a record's properties in camel case, comments and trailing commas allowed.</summary>
    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        RespectNullableAnnotations = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    /// <summary>Reads a recipe.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides">Values that replace the file's, as <c>training.steps=200</c>; a place in a list by its number, as
    /// <c>data.0.path=runs/mine</c>.</param>
    /// <returns>The recipe, checked.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="RecipeException">The file is no JSON, holds what the record does not know, or a value is out of range; all of them are
    /// named.</exception>
    public static T Read<T>(string path, IEnumerable<string>? overrides = null)
        where T : class
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: there is no such recipe.", path);
        var recipe = Parse<T>(path, Text(path), overrides ?? []);
        string[] faults = [.. OptionRules.FindProblems(recipe, string.Empty, OptionNames.Json)];
        if (faults.Length > 0) throw new RecipeException($"{path}: {string.Join(" ", faults)}");
        return recipe;
    }

    /// <summary>The keys at the top of a recipe, for instance to tell which kind it is; empty for a file that is no JSON object.</summary>
    /// <param name="path">The recipe's file.</param>
    /// <returns>The keys, in order.</returns>
    public static IReadOnlyList<string> KeysOf(string path)
    {
        try
        {
            using var json =
                JsonDocument.Parse(TextFile.Read(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? [.. json.RootElement.EnumerateObject().Select(key => key.Name).Where(name => name is not SchemaKey)] : [];
        }
        catch (Exception fault) when (fault is JsonException or IOException or InvalidDataException)
        {
            return [];
        }
    }

    private static string Text(string path)
    {
        try
        {
            return TextFile.Read(path);
        }
        catch (InvalidDataException wrong)
        {
            throw new RecipeException(wrong.Message, wrong);
        }
    }

    private static T Parse<T>(string path, string text, IEnumerable<string> overrides)
    {
        JsonObject root;
        try
        {
            var lenient = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false };
            root = JsonNode.Parse(text, documentOptions: lenient) as JsonObject
                ?? throw new RecipeException($"{path}: a recipe is a JSON object.");
        }
        catch (JsonException broken)
        {
            throw new RecipeException($"{path}, {JsonErrors.Describe(broken)}", broken);
        }

        try
        {
            root.Remove(SchemaKey);
            foreach (var assignment in overrides) Override(root, assignment);
            JsonFaults.RequireNoNullInLists(JsonSerializer.SerializeToUtf8Bytes(root));
            return root.Deserialize<T>(Json) ?? throw new RecipeException($"{path}: a recipe is a JSON object.");
        }
        catch (JsonException fault)
        {
            var at = fault.Path is { Length: > 2 } where ? $"{where[2..]}: " : string.Empty;
            var type = fault.Path is { Length: > 2 } ? OptionType.At(typeof(T), fault.Path[2..]) : null;
            var allowed = type is { IsEnum: true } ? $"The value is not one of {string.Join(", ", OptionType.NamesOf(type, Json))}."
                : fault.Message.Contains("could not be converted", StringComparison.Ordinal) ? $"The value is not {OptionType.KindOf(type)}."
                : JsonErrors.WithoutPlace(fault);
            throw new RecipeException($"{path}: {at}{allowed}", fault);
        }
    }

    private static void Override(JsonObject root, string text)
    {
        if (!Assignment.TryParse(text, out var assignment, out var problem)) throw new RecipeException(problem!);
        JsonNode target = root;
        foreach (var name in assignment.Names.SkipLast(1))
        {
            var next = Get(target, name, text);
            if (next is not (JsonObject or JsonArray)) Set(target, name, next = new JsonObject(), text);
            target = next;
        }

        JsonNode? parsed;
        try
        {
            parsed = JsonNode.Parse(assignment.Value);
        }
        catch (JsonException)
        {
            parsed = assignment.Value;
        }

        Set(target, assignment.Names[^1], parsed, text);
    }

    private static JsonNode? Get(JsonNode parent, string name, string assignment) =>
        parent is JsonArray list ? list[Place(list, name, assignment)] : parent[name];

    private static void Set(JsonNode parent, string name, JsonNode? value, string assignment)
    {
        if (parent is JsonArray list) list[Place(list, name, assignment)] = value;
        else parent[name] = value;
    }

    private static int Place(JsonArray list, string name, string assignment) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var place) && place < list.Count
            ? place
            : throw new RecipeException($"\"{assignment}\": {name} is no place of a list of {list.Count}, which are counted from 0.");
}
