using System.Globalization;
using System.Text.Json.Nodes;
using GenAgent.Agents;
using Microsoft.Extensions.AI;

namespace GenAgent.Server.Environments;

/// <summary>What a reset or a step answers. Immutable.</summary>
/// <param name="System">The system turn, which a reset shows; null in a step.</param>
/// <param name="Text">The user's turn, without its images.</param>
/// <param name="Images">Its images.</param>
internal sealed record EpisodeStep(string? System, string Text, IReadOnlyList<DataContent> Images)
{
    /// <summary>Whether the episode is over.</summary>
    public bool Done { get; init; }

    /// <summary>What the episode earned; null before its end, and for one that does not count.</summary>
    public EpisodeReward? Reward { get; init; }

    /// <summary>Why the run ended; null before its end.</summary>
    public string? StopReason { get; init; }

    /// <summary>The messages that the model has not seen.</summary>
    public static EpisodeStep Of(IReadOnlyList<ChatMessage> messages)
    {
        var system = string.Join('\n', messages.Where(message => message.Role == ChatRole.System).Select(message => message.Text));
        var rest = messages.Where(message => message.Role != ChatRole.System).ToList();
        return new(
            system.Length > 0 ? system : null, string.Join('\n', rest.Select(message => message.Text)),
            [.. rest.SelectMany(message => message.Contents).OfType<DataContent>()]);
    }

    /// <summary>The end of a run.</summary>
    public static EpisodeStep Of(AgentResult result, EpisodeReward reward) => new(null, string.Empty, result.Best is { } best ? [best.Image] : [])
    {
        Done = true, Reward = reward, StopReason = result.StopReason.ToString(),
    };

    /// <summary>OpenEnv's answer: <c>observation</c>, <c>reward</c>, <c>done</c> and <c>metadata</c>.</summary>
    /// <param name="episode">The episode.</param>
    public JsonObject ToJson(Episode episode)
    {
        var observation = new JsonObject { ["text"] = Text };
        if (System is not null) observation["system_prompt"] = System;
        foreach (var (place, image) in Images.Index())
        {
            observation[place == 0 ? "image_base64" : string.Create(CultureInfo.InvariantCulture, $"image_{place + 1}_base64")] =
                Convert.ToBase64String(image.Data.Span);
        }

        var metadata = new JsonObject { ["episode_id"] = episode.Id, ["step_count"] = episode.Steps };
        if (StopReason is not null) metadata["stop_reason"] = StopReason;
        if (Reward is { Excluded: { } excluded }) metadata["excluded"] = excluded;
        if (Reward is { Excluded: null, Parts: var parts })
        {
            metadata["rewards"] = new JsonObject(parts.Select(part => KeyValuePair.Create(part.Key, (JsonNode?)part.Value)));
        }

        return new() { ["observation"] = observation, ["reward"] = Reward?.Total, ["done"] = Done, ["metadata"] = metadata };
    }
}
