using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GenAgent.Storage;

namespace GenAgent.Generators.ComfyUI;

/// <summary>
/// A ComfyUI workflow in the API format, with placeholders: <c>{{prompt}}</c>, <c>{{negative_prompt}}</c>, <c>{{seed}}</c>, <c>{{width}}</c>,
/// <c>{{height}}</c>, <c>{{steps}}</c>, <c>{{guidance}}</c>, <c>{{strength}}</c>, <c>{{batch}}</c>, <c>{{image}}</c> (and <c>{{image2}}</c> and so on).
/// A string that is only a placeholder becomes a number if the value is one. <c>{{steps=20}}</c> sets the default for requests without a value.
/// Immutable, safe to share.
/// </summary>
public sealed partial class ComfyWorkflow
{
    private const string OutputOverSocket = "websocket";

    private static readonly string[] Numbers = ["seed", "width", "height", "steps", "guidance", "strength", "batch"];
    private static readonly string[] Texts = ["prompt", "negative_prompt"];

    private readonly JsonObject _nodes;
    private readonly HashSet<string> _placeholders = new(StringComparer.Ordinal);

    private ComfyWorkflow(string name, JsonObject nodes)
    {
        Name = name;
        _nodes = nodes;
        SocketNodes = nodes.Where(node => ClassOf(node.Value)?.Contains(OutputOverSocket, StringComparison.OrdinalIgnoreCase) == true).Select(node => node.Key)
            .ToHashSet(StringComparer.Ordinal);
        foreach (var text in nodes.Select(node => node.Value).SelectMany(TextsIn))
        {
            foreach (Match match in Placeholder().Matches(text))
            {
                _placeholders.Add(match.Groups["name"].Value);
            }
        }
    }

    /// <summary>FLUX.1-dev: guidance 3.5, 20 steps, 1024 x 1024, by default.</summary>
    public static ComfyWorkflow Flux1Dev { get; } = BuiltIn("flux1-dev");

    /// <summary>Qwen-Image: guidance 2.5, 20 steps, 1328 x 1328, by default.</summary>
    public static ComfyWorkflow QwenImage { get; } = BuiltIn("qwen-image");

    /// <summary>Names that <see cref="Find"/> knows without a file.</summary>
    public static IReadOnlyList<string> BuiltInNames { get; } = [Flux1Dev.Name, QwenImage.Name];

    /// <summary>The built-in name, or the file's path.</summary>
    public string Name { get; }

    /// <summary>Number of nodes.</summary>
    internal int NodeCount => _nodes.Count;

    /// <summary>Nodes that send their images over the WebSocket instead of writing files.</summary>
    internal IReadOnlySet<string> SocketNodes { get; }

    /// <summary>Number of input images.</summary>
    public int ImageCount => _placeholders.Count(IsImage);

    internal bool HasSeed => _placeholders.Contains("seed");

    internal bool HasNode(string id) => _nodes.ContainsKey(id);

    /// <summary>
    /// A node's position in execution order: after its inputs, then as in the file; -1 for an unknown node.
    /// </summary>
    internal double OrderOf(string? id)
    {
        var place = id is null ? -1 : _nodes.IndexOf(id);
        return place < 0 ? -1 : Depth(id!, new(StringComparer.Ordinal)) + (place / (_nodes.Count + 1.0));
    }

    internal bool HasBatch => _placeholders.Contains("batch");

    /// <summary>The built-in workflow of that name, else the one in that file.</summary>
    /// <param name="nameOrPath">A built-in name, or a file's path.</param>
    /// <returns>The workflow.</returns>
    /// <exception cref="InvalidDataException">There is no such file, or it is no workflow; the message says what is wrong and where.</exception>
    public static ComfyWorkflow Find(string nameOrPath) => Open(nameOrPath, path => path);

    /// <summary>The same, for a path relative to another folder; the workflow's name stays as written.</summary>
    internal static ComfyWorkflow Open(string nameOrPath, Func<string, string> fullPath) => nameOrPath switch
    {
        _ when string.Equals(nameOrPath, Flux1Dev.Name, StringComparison.OrdinalIgnoreCase) => Flux1Dev,
        _ when string.Equals(nameOrPath, QwenImage.Name, StringComparison.OrdinalIgnoreCase) => QwenImage,
        _ => Load(nameOrPath, fullPath),
    };

    /// <summary>Reads a workflow.</summary>
    /// <param name="json">The text of a file exported with "Export (API)", with placeholders added.</param>
    /// <param name="name">Its name for errors.</param>
    /// <returns>The workflow; its placeholders are not filled yet.</returns>
    /// <exception cref="InvalidDataException">The text is no such workflow; the message says what is wrong and where.</exception>
    public static ComfyWorkflow Parse(string json, string name) => Parse(json, name, promptNeeded: true);

    internal static ComfyWorkflow Parse(string json, string name, bool promptNeeded)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(
                PythonNumbers.WithoutNaN(json),
                documentOptions: new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false });
        }
        catch (JsonException exception)
        {
            if (Unquoted().Match(json).Groups["placeholder"] is { Success: true, Value: var bare })
            {
                throw new InvalidDataException(
                    $"Workflow {name}: placeholder {bare} must stand in quotes, also where a number is meant: \"{bare}\".", exception);
            }

            throw new InvalidDataException(
                $"Workflow {name} is no JSON: line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}: {exception.Message}", exception);
        }

        if (root is JsonObject { Count: > 0 } file && file["nodes"] is JsonArray)
        {
            throw new InvalidDataException(
                $"Workflow {name} is in the editor's format, which no server runs. In ComfyUI choose Workflow, Export (API), and name that file.");
        }

        // A saved request to the server has the nodes one level down.
        var nodes = root is JsonObject { Count: > 0 } outer && outer["prompt"] is JsonObject inner && ClassOf(inner) is null
            && outer["prompt"]!["class_type"] is null
            ? inner
            : root as JsonObject;
        if (nodes is not { Count: > 0 })
        {
            throw new InvalidDataException($"Workflow {name} has no nodes: it must be an object of nodes, as ComfyUI's Export (API) writes it.");
        }

        foreach (var (id, node) in nodes)
        {
            if (ClassOf(node) is null || node!["inputs"] is not JsonObject)
            {
                throw new InvalidDataException($"Workflow {name}: node \"{id}\" has no \"class_type\" and \"inputs\", as ComfyUI's Export (API) writes them.");
            }
        }

        // ComfyUI's own cache marker in graphs that it embeds in pictures.
        foreach (var (_, node) in nodes)
        {
            ((JsonObject)node!).Remove("is_changed");
        }

        var workflow = new ComfyWorkflow(name, (JsonObject)nodes.DeepClone());
        if (workflow._placeholders.FirstOrDefault(placeholder => !IsKnown(placeholder)) is { } unknown)
        {
            throw new InvalidDataException(
                $"Workflow {name}: placeholder \"{{{{{unknown}}}}}\" is unknown. Known: {string.Join(", ", Texts.Concat(Numbers))}, image, image2 and so on.");
        }

        return !promptNeeded || workflow._placeholders.Contains("prompt")
            ? workflow
            : throw new InvalidDataException(
                $"Workflow {name} has no \"{{{{prompt}}}}\": every image would show the same. Put it where the prompt's text stands.");
    }

    /// <summary>The nodes with the values filled in, ready for the server.</summary>
    /// <param name="values">Texts, integers and numbers by placeholder.</param>
    /// <exception cref="ArgumentException">A placeholder has neither a value nor a default.</exception>
    internal JsonObject Fill(IReadOnlyDictionary<string, object> values) => (JsonObject)Fill(_nodes, values)!;

    private static ComfyWorkflow Load(string path, Func<string, string> fullPath)
    {
        try
        {
            return Parse(TextFile.Read(fullPath(path)), path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InvalidDataException($"Workflow {path} cannot be read: {exception.Message} Built in are: {string.Join(", ", BuiltInNames)}.", exception);
        }
    }

    private static ComfyWorkflow BuiltIn(string name)
    {
        using var stream = typeof(ComfyWorkflow).Assembly.GetManifestResourceStream($"GenAgent.Workflows.{name}.json")!;
        using var reader = new StreamReader(stream);
        return Parse(reader.ReadToEnd(), name);
    }

    private JsonNode? Fill(JsonNode? node, IReadOnlyDictionary<string, object> values) => node switch
    {
        JsonObject parent => new JsonObject(parent.Select(child => KeyValuePair.Create(child.Key, Fill(child.Value, values)))),
        JsonArray list => new JsonArray([.. list.Select(item => Fill(item, values))]),
        JsonValue value when value.TryGetValue<string>(out var text) => Fill(text, values),
        _ => node?.DeepClone(),
    };

    private JsonValue Fill(string text, IReadOnlyDictionary<string, object> values)
    {
        var whole = Placeholder().Match(text);
        if (whole.Success && whole.Length == text.Length)
        {
            return ValueOf(whole, values) switch
            {
                long number => JsonValue.Create(number),
                double number => JsonValue.Create(number),
                var other => JsonValue.Create(other.ToString()!),
            };
        }

        return JsonValue.Create(Placeholder().Replace(text, match => Convert.ToString(ValueOf(match, values), CultureInfo.InvariantCulture)!));
    }

    private object ValueOf(Match placeholder, IReadOnlyDictionary<string, object> values)
    {
        var name = placeholder.Groups["name"].Value;
        if (values.TryGetValue(name, out var value))
        {
            return value;
        }

        var given = placeholder.Groups["default"];
        if (!given.Success)
        {
            throw new ArgumentException(
                $"Workflow {Name} needs \"{name}\", which this request does not give: set it, or write a default as in \"{{{{{name}=...}}}}\".",
                nameof(values));
        }

        return !Numbers.Contains(name, StringComparer.Ordinal) ? given.Value
            : long.TryParse(given.ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) ? (object)integer
            : double.TryParse(given.ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
            : throw new ArgumentException($"Workflow {Name}: the default of \"{placeholder.Value}\" is no number.", nameof(values));
    }

    private int Depth(string id, Dictionary<string, int> known)
    {
        if (known.TryGetValue(id, out var depth))
        {
            return depth;
        }

        // Cycles, which no server accepts, must not cause endless recursion here.
        known[id] = 0;
        var sources = (_nodes[id]?["inputs"] as JsonObject ?? []).Select(
            input => input.Value is JsonArray { Count: 2 } link && link[0] is JsonValue from && from.TryGetValue<string>(out var source) ? source : null);
        return known[id] = 1 + sources.OfType<string>().Where(HasNode).Select(source => Depth(source, known)).DefaultIfEmpty(0).Max();
    }

    private static IEnumerable<string> TextsIn(JsonNode? node) => node switch
    {
        JsonObject parent => parent.SelectMany(child => TextsIn(child.Value)),
        JsonArray list => list.SelectMany(TextsIn),
        JsonValue value when value.TryGetValue<string>(out var text) => [text],
        _ => [],
    };

    private static string? ClassOf(JsonNode? node) =>
        node is JsonObject && node["class_type"] is JsonValue value && value.TryGetValue<string>(out var name) ? name : null;

    private static bool IsKnown(string name) => Numbers.Contains(name, StringComparer.Ordinal) || Texts.Contains(name, StringComparer.Ordinal) || IsImage(name);

    private static bool IsImage(string name) => name.StartsWith("image", StringComparison.Ordinal) && name.AsSpan(5).TrimStart("123456789").Length == 0;

    [GeneratedRegex(
        @"\{\{(?<name>[A-Za-z0-9_]+)(=(?<default>[^{}]*))?\}\}", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Placeholder();

    [GeneratedRegex(
        @"[:\[,]\s*(?<placeholder>\{\{[A-Za-z0-9_]+(=[^{}]*)?\}\})",
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Unquoted();
}
