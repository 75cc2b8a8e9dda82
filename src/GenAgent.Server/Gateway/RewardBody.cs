using System.Text.Json;
using GenAgent.Trajectories;

namespace GenAgent.Server.Gateway;

/// <summary>A reward as it is posted: a value, parts with names, or both. Immutable.</summary>
/// <param name="Value">The whole reward; null for the sum of the parts.</param>
/// <param name="Rewards">The parts by name.</param>
internal sealed record RewardBody(double? Value, IReadOnlyDictionary<string, double> Rewards)
{
    private const int MostParts = 64;
    private const int LongestName = 64;

    /// <summary>Reads the members <c>value</c> (with <c>name</c>: a part) and <c>rewards</c>.</summary>
    /// <exception cref="RefusedException">It is no reward.</exception>
    public static RewardBody Read(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object) throw Wrong("value", "A reward is an object: {\"value\": 0.7}, or {\"rewards\": {\"final\": 1, ...}}.");
        var value = body.TryGetProperty("value", out var one) && one.ValueKind != JsonValueKind.Null ? Number("value", one) : (double?)null;
        var parts = new SortedDictionary<string, double>(StringComparer.Ordinal);
        if (body.TryGetProperty("rewards", out var several) && several.ValueKind == JsonValueKind.Object)
        {
            foreach (var part in several.EnumerateObject()) parts[Name(part.Name)] = Number($"rewards.{part.Name}", part.Value);
        }

        if (body.TryGetProperty("name", out var named) && named.ValueKind == JsonValueKind.String && value is not null && named.GetString() is var name
            && !string.Equals(name, Trajectory.TotalReward, StringComparison.Ordinal))
        {
            parts[Name(name!)] = value.Value;
            value = null;
        }

        if (parts.Remove(Trajectory.TotalReward, out var total)) value ??= total;
        if (value is null && parts.Count == 0) throw Wrong("value", "A reward has a \"value\", or \"rewards\" by name: a missing one is never filled in.");
        return parts.Count <= MostParts ? new(value, parts) : throw Wrong("rewards", $"A reward has at most {MostParts} parts.");
    }

    /// <summary>The rewards of a rollout: later ones replace earlier ones of the same name; null if there is none.</summary>
    public static IReadOnlyDictionary<string, double>? Sum(IEnumerable<RecordedEvent> events)
    {
        var rewards = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var posted in events.Where(one => one.Kind is RecordedEvent.Reward))
        {
            using var data = JsonDocument.Parse(posted.Data);
            var read = Read(data.RootElement);
            foreach (var (name, value) in read.Rewards) rewards[name] = value;
            if (read.Value is { } whole) rewards[Trajectory.TotalReward] = whole;
        }

        if (rewards.Count > 0 && !rewards.ContainsKey(Trajectory.TotalReward)) rewards[Trajectory.TotalReward] = rewards.Values.Sum();
        return rewards.Count > 0 ? rewards : null;
    }

    private static string Name(string name) => name.Length is > 0 and <= LongestName && !name.Any(char.IsControl)
        ? name
        : throw Wrong("rewards", $"The name of a reward's part has 1 to {LongestName} characters.");

    private static double Number(string field, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : throw Wrong(field, $"\"{field}\" must be a number.");

    private static RefusedException Wrong(string field, string what) => RefusedException.BadField(field, what);
}
