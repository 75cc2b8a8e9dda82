using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Running.Sharing;
using GenAgent.Trajectories;

namespace GenAgent.Server.Browse;

/// <summary>
/// A trajectory in Harbor's agent trajectory interchange format, ATIF 1.6 (RFC 0001 of github.com/laude-institute/harbor): the instructions as the system's
/// step, the request as the user's, and a step of the agent for each turn, with its reasoning, its call, what came back, and the tokens that it sampled.
/// Images are named by their address. What the format has no member for is in <c>extra</c>.
/// </summary>
/// <param name="addressOf">The address of an image.</param>
internal sealed class AtifWriter(Func<ImageReference, string> addressOf)
{
    private const string Schema = "ATIF-v1.6";

    private static readonly JsonSerializerOptions Json =
        new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public byte[] Write(Trajectory trajectory)
    {
        var steps = new JsonArray
        {
            new JsonObject { ["step_id"] = 1, ["timestamp"] = TimeOf(trajectory, 0), ["source"] = "system", ["message"] = trajectory.Instructions },
            new JsonObject
            {
                ["step_id"] = 2,
                ["timestamp"] = TimeOf(trajectory, 0),
                ["source"] = "user",
                ["message"] = Content([trajectory.Opening], trajectory.OriginalImages),
            },
        };
        foreach (var round in trajectory.Rounds) steps.Add(StepOf(trajectory, round, steps.Count + 1));
        return JsonSerializer.SerializeToUtf8Bytes(
            new JsonObject
            {
                ["schema_version"] = Schema,
                ["session_id"] = trajectory.Id,
                ["agent"] = new JsonObject
                {
                    ["name"] = "genagent",
                    ["version"] = RunSharing.Version,
                    ["model_name"] = trajectory.Model.Name,
                    ["extra"] = Extra(("dialect", trajectory.Dialect), ("generator", trajectory.Generator.Name)),
                },
                ["steps"] = steps,
                ["final_metrics"] = new JsonObject
                {
                    ["total_prompt_tokens"] = trajectory.Tokens.Input,
                    ["total_completion_tokens"] = trajectory.Tokens.Output,
                    ["total_steps"] = steps.Count,
                    ["extra"] = Extra(("seconds", trajectory.Seconds), ("scores", Figures(trajectory.Scores)), ("rewards", Figures(trajectory.Rewards))),
                },
                ["extra"] = Extra(
                    ("prompt", trajectory.Prompt), ("stop_reason", Word(trajectory.StopReason)), ("answer_image", trajectory.Answer?.ImageId),
                    ("root_seed", $"{trajectory.RootSeed}"), ("seed_path", trajectory.SeedPath), ("error", trajectory.Error)),
            },
            Json);
    }

    private JsonObject StepOf(Trajectory trajectory, Round round, int id)
    {
        var step = new JsonObject
        {
            ["step_id"] = id,
            ["timestamp"] = TimeOf(trajectory, round.Index),
            ["source"] = "agent",
            ["model_name"] = trajectory.Model.Name,
            ["message"] = round.Answer ?? round.Judgment?.Text ?? string.Empty,
            ["metrics"] = MetricsOf(trajectory, round),
            ["extra"] = Extra(
                ("verdict", round.Judgment is { } judgment ? Word(judgment.Verdict) : null), ("seeds", SeedsOf(round)),
                    ("outside_judgments", JudgmentsOf(round)),
                ("model_seconds", round.ModelSeconds), ("tool_seconds", round.ToolSeconds), ("starts_over", round.StartsOver ? true : null)),
        };
        if (round.Thought is { } thought) step["reasoning_content"] = thought;
        var name = round.Call?.Id ?? $"call_{round.Index}";
        if (round.Call is { } call)
        {
            step["tool_calls"] =
                new JsonArray { new JsonObject { ["tool_call_id"] = name, ["function_name"] = call.Name, ["arguments"] = ArgumentsOf(call.Arguments) } };
        }

        // A turn without a call may have faults, or images that the loop made in its place: these are of no call.
        string[] texts = [.. round.ToolText is { } text ? [text] : Array.Empty<string>(), .. round.Faults.Select(fault => fault.Message)];
        if (texts.Length + round.Images.Count == 0) return step;
        var result = new JsonObject { ["content"] = Content(texts, round.Images) };
        if (round.Call is not null) result["source_call_id"] = name;
        step["observation"] = new JsonObject { ["results"] = new JsonArray { result } };
        return step;
    }

    // Ids and probabilities are of the tokens that are counted: where the counts are estimates, or another's, they stay out.
    private static JsonObject MetricsOf(Trajectory trajectory, Round round)
    {
        var metrics = new JsonObject { ["prompt_tokens"] = round.Tokens.Input, ["completion_tokens"] = round.Tokens.Output };
        if (round.Tokens.Estimated) metrics["extra"] = new JsonObject { ["estimated"] = true };
        if (TokensContract.Of(trajectory, round.Index) is not { } tokens || tokens.Ids.Count != round.Tokens.Output) return metrics;
        metrics["completion_token_ids"] = new JsonArray([.. tokens.Ids.Select(id => JsonValue.Create(id))]);
        if (tokens.LogProbabilities.All(float.IsFinite))
            metrics["logprobs"] = new JsonArray([.. tokens.LogProbabilities.Select(value => JsonValue.Create(value))]);
        return metrics;
    }

    // Text alone is a string; with images it is an array of parts.
    private JsonNode Content(IReadOnlyList<string> texts, IReadOnlyList<ImageReference> images)
    {
        if (images.Count == 0) return string.Join('\n', texts);
        var parts = new JsonArray();
        foreach (var text in texts) parts.Add(new JsonObject { ["type"] = "text", ["text"] = text });
        foreach (var image in images)
        {
            parts.Add(new JsonObject { ["type"] = "image", ["source"] = new JsonObject { ["media_type"] = image.MediaType, ["path"] = addressOf(image) } });
        }

        return parts;
    }

    private static string TimeOf(Trajectory trajectory, int round) =>
        trajectory.StartedAt.AddSeconds(trajectory.Rounds.Take(round).Sum(before => before.ModelSeconds + before.ToolSeconds)).ToString("O");

    private static JsonArray? SeedsOf(Round round) => round.Images.Count > 0 ? new([.. round.Images.Select(image => JsonValue.Create(image.Seed))]) : null;

    private static JsonArray? JudgmentsOf(Round round) => round.Judgments is { Count: > 0 } judgments
        ? new([.. judgments.Select(one =>
            new JsonObject { ["judge"] = one.Judge, ["candidate"] = one.Candidate, ["value"] = one.Value, ["passed"] = one.Passed })])
        : null;

    private static JsonObject? Figures(IReadOnlyDictionary<string, double>? figures) =>
        figures is { Count: > 0 } ? new(figures.Select(figure => KeyValuePair.Create<string, JsonNode?>(figure.Key, figure.Value))) : null;

    private static JsonObject Extra(params (string Name, JsonNode? Value)[] members) =>
        new(members.Where(member => member.Value is not null).Select(member => KeyValuePair.Create(member.Name, member.Value)));

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    private static JsonObject ArgumentsOf(string arguments)
    {
        try
        {
            if (StrictJson.ParseObject(arguments) is { } members) return members;
        }
        catch (JsonException)
        {
            // A broken call.
        }

        return new() { ["text"] = arguments };
    }
}
