using System.Text.Json.Nodes;
using GenAgent.Running.Sharing;

namespace GenAgent.Server.Environments;

/// <summary>Requests and descriptions in OpenEnv's form (env_server/types.py as of 2026): member by member, further members are ignored.</summary>
internal static class EnvironmentMessages
{
    private const int LongestId = 255;

    /// <summary>Reads a reset: <c>seed</c>, <c>episode_id</c>, and this environment's <c>prompt</c>, <c>prompt_id</c>, <c>category</c>, <c>index</c>.</summary>
    /// <exception cref="InvalidActionException">A member is of the wrong kind.</exception>
    public static ResetRequest Reset(JsonObject body) => new()
    {
        Seed = Number(body, "seed"),
        EpisodeId = Id(body, "episode_id"),
        Prompt = Text(body, "prompt"),
        PromptId = Id(body, "prompt_id"),
        Category = Id(body, "category"),
        Index = Number(body, "index"),
    };

    /// <summary>Reads a step: <c>action</c>, <c>timeout_s</c>, <c>request_id</c>, and <c>episode_id</c> of the episode.</summary>
    /// <exception cref="InvalidActionException">A member is missing or of the wrong kind.</exception>
    public static (string Turn, double? Seconds, string? RequestId, string? EpisodeId) Step(JsonObject body, int mostCharacters)
    {
        if (body["action"] is not JsonObject action) throw new InvalidActionException("action", "missing", "Field required: an object with a \"message\".");
        var seconds = body["timeout_s"] switch
        {
            null => (double?)null,
            JsonValue value when value.TryGetValue(out double read) && read > 0 => read,
            _ => throw new InvalidActionException("timeout_s", "greater_than", "Input should be greater than 0."),
        };
        return (Action(action, mostCharacters), seconds, Id(body, "request_id"), Id(body, "episode_id"));
    }

    /// <summary>Reads an action: <c>message</c>, the model's whole turn.</summary>
    /// <exception cref="InvalidActionException">It is none.</exception>
    public static string Action(JsonObject action, int mostCharacters)
    {
        if (action.FirstOrDefault(member => member.Key is not ("message" or "metadata")).Key is { } unknown)
        {
            throw new InvalidActionException($"action.{unknown}", "extra_forbidden", "Extra inputs are not permitted.");
        }

        var message = Text(action, "message") ?? throw new InvalidActionException("action.message", "missing", "Field required.");
        return message.Length <= mostCharacters
            ? message
            : throw new InvalidActionException("action.message", "string_too_long", $"String should have at most {mostCharacters} characters.");
    }

    /// <summary>The schemas of action, observation and state.</summary>
    public static JsonObject Schema() => new()
    {
        ["action"] = Object("ImageAgentAction", ["message"], ("message", "string", "The model's whole turn, as it wrote it."), Metadata()),
        ["observation"] = Object(
            "ImageAgentObservation", ["text"],
            ("text", "string", "The user's turn that the model answers next; empty at the end."),
            ("system_prompt", "string", "The system turn; in the answer to a reset alone."),
            ("image_base64", "string", "The image of the turn, encoded; further ones are image_2_base64 and so on. At the end the image that the run returns."),
            Metadata()),
        ["state"] = Object(
            "ImageAgentState", [],
            ("episode_id", "string", "The episode."), ("step_count", "integer", "Steps that were taken."), ("prompt", "string", "The task."),
            ("done", "boolean", "Whether the episode is over.")),
    };

    /// <summary>What the environment is.</summary>
    public static JsonObject About() => new()
    {
        ["name"] = "genagent",
        ["description"] = "An agent that makes images: each action is a turn of its model, each observation what the model is shown next, images included.",
        ["readme_content"] = null,
        ["version"] = RunSharing.Version,
        ["author"] = "GenAgent contributors",
        ["documentation_url"] = null,
    };

    /// <summary>The state of an episode; null for none.</summary>
    public static JsonObject State(Episode? episode) => new()
    {
        ["episode_id"] = episode?.Id, ["step_count"] = episode?.Steps ?? 0, ["prompt"] = episode?.Prompt, ["done"] = episode?.IsDone ?? false,
    };

    private static (string, string, string) Metadata() => ("metadata", "object", "Anything; not read.");

    private static JsonObject Object(string title, string[] required, params (string Name, string Type, string Description)[] members) => new()
    {
        ["title"] = title,
        ["type"] = "object",
        ["additionalProperties"] = title.EndsWith("State", StringComparison.Ordinal),
        ["properties"] = new JsonObject(members.Select(member => KeyValuePair.Create(
            member.Name, (JsonNode?)new JsonObject { ["type"] = member.Type, ["description"] = member.Description }))),
        ["required"] = new JsonArray([.. required.Select(name => (JsonNode)name)]),
    };

    private static string? Text(JsonObject body, string name) => body[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out string? text) => text,
        _ => throw new InvalidActionException(name, "string_type", "Input should be a valid string."),
    };

    private static string? Id(JsonObject body, string name) => Text(body, name) is not { } text ? null
        : text.Length is > 0 and <= LongestId ? text
        : throw new InvalidActionException(name, "string_too_long", $"String should have 1 to {LongestId} characters.");

    private static long? Number(JsonObject body, string name) => body[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out long number) && number >= 0 => number,
        _ => throw new InvalidActionException(name, "int_type", "Input should be an integer of 0 or more."),
    };
}
