using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenAgent.Cli.Tests.Fuzz;

/// <summary>
/// Changes valid JSON, or a line of JSON Lines, into other JSON: values of another kind, nulls, members that are missing or double. The same seed always gives
/// the same change.
/// </summary>
internal sealed class JsonMutator(int seed)
{
    private static readonly string[] Values =
        ["null", "true", "0", "-1", "1e300", "9223372036854775807", "0.5", "\"\"", "\"NaN\"", "\"../x\"", "[]", "{}", "[null]", "{\"a\":null}", "[[1]]",
            "\"2026-99-99\"", "\"\\u0000\""];

    private readonly Random _random = new(seed);

    /// <summary>The changed text; null where the bytes hold no JSON.</summary>
    public byte[]? Mutate(byte[] valid)
    {
        var lines = System.Text.Encoding.UTF8.GetString(valid).Split('\n');
        try
        {
            if (Change(lines.Length > 2 ? string.Empty : lines[0]) is null && Whole(valid) is { } whole) return whole;
            var at = _random.Next(lines.Length);
            if (Change(lines[at]) is not { } changed) return null;
            lines[at] = changed;
            return System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private byte[]? Whole(byte[] valid)
    {
        try
        {
            return Change(System.Text.Encoding.UTF8.GetString(valid)) is { } changed ? System.Text.Encoding.UTF8.GetBytes(changed) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string? Change(string text)
    {
        if (string.IsNullOrWhiteSpace(text) || JsonNode.Parse(text) is not { } root) return null;
        var nodes = new List<JsonNode>();
        Collect(root, nodes);
        for (var edits = 1 + _random.Next(2); edits > 0; edits--)
        {
            var node = nodes[_random.Next(nodes.Count)];
            var value = JsonNode.Parse(Values[_random.Next(Values.Length)]);
            switch (node)
            {
                case JsonObject { Count: > 0 } record:
                    var name = record.ElementAt(_random.Next(record.Count)).Key;
                    if (_random.Next(4) == 0) record.Remove(name);
                    else record[name] = value;
                    break;
                case JsonArray { Count: > 0 } list when _random.Next(2) == 0:
                    list[_random.Next(list.Count)] = value;
                    break;
                case JsonArray list:
                    list.Add(value);
                    break;
            }
        }

        return root.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    private static void Collect(JsonNode? node, List<JsonNode> nodes)
    {
        if (node is null) return;
        nodes.Add(node);
        IEnumerable<JsonNode?> below = node switch { JsonObject record => record.Select(member => member.Value), JsonArray list => list, _ => [] };
        foreach (var one in below) Collect(one, nodes);
    }
}
