using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenAgent.Server.Environments;

/// <summary>A rollout that agent-lightning's server has queued. Immutable.</summary>
/// <param name="Id">The rollout's id.</param>
/// <param name="Attempt">The attempt's id.</param>
/// <param name="Prompt">What the image should show.</param>
/// <param name="Mode"><c>train</c> or <c>val</c>.</param>
internal sealed record RemoteTask(string Id, string Attempt, string Prompt, string Mode)
{
    private const string DefaultAttempt = "0";

    /// <summary>The prompt's id in its data set; null for none.</summary>
    public string? PromptId { get; init; }

    /// <summary>What the prompt is counted under; null for nothing.</summary>
    public string? Category { get; init; }

    /// <summary>Seconds that the rollout may take; null for no limit of its own.</summary>
    public double? Seconds { get; init; }

    /// <summary>Reads a rollout as <c>GET /api/rollouts</c> lists it; null for one without an id.</summary>
    /// <param name="rollout">The rollout.</param>
    /// <param name="promptField">The member of the input with the prompt.</param>
    /// <returns>The task; its prompt is empty where the input has none.</returns>
    public static RemoteTask? Read(JsonObject rollout, string promptField)
    {
        if (Text(rollout["rollout_id"]) is not { Length: > 0 } id) return null;
        var input = rollout["input"];
        var fields = input as JsonObject;
        return new(
            id,
            Text(rollout["status"]?["last_attempt_id"]) ?? DefaultAttempt,
            Text(input) ?? Text(fields?[promptField]) ?? string.Empty,
            rollout["is_train"] is JsonValue train && train.TryGetValue(out bool trains) && !trains ? "val" : "train")
        {
            PromptId = Text(fields?["data_id"]) ?? Text(fields?["id"]),
            Category = Text(fields?["category"]),
            Seconds = rollout["config"]?["timeout_seconds"] is JsonValue limit && limit.TryGetValue(out double seconds) && seconds > 0 ? seconds : null,
        };
    }

    private static string? Text(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() is JsonValueKind.String or JsonValueKind.Number ? node!.ToString() : null;
}
