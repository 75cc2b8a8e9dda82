using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Server.Jobs;
using GenAgent.Trajectories;

namespace GenAgent.Server.Browse;

/// <summary>
/// A trajectory in Harbor's agent trajectory interchange format (ATIF 1.4): the user's step, and a step of the agent for each turn, with its reasoning, its
/// calls, what came back and what it cost. Images are named by their address.
/// </summary>
internal static class AtifWriter
{
    private const string Schema = "ATIF-v1.4";

    private static readonly JsonSerializerOptions Json =
        new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Write(Trajectory trajectory)
    {
        var steps = new JsonArray { new JsonObject { ["step_id"] = 1, ["timestamp"] = trajectory.StartedAt.ToString("O"), ["source"] = "user",
            ["message"] = trajectory.Opening } };
        foreach (var round in trajectory.Rounds) steps.Add(StepOf(round, trajectory, steps.Count + 1));
        var tokens = trajectory.Tokens;
        var whole = new JsonObject
        {
            ["schema_version"] = Schema,
            ["session_id"] = trajectory.Id,
            ["agent"] = new JsonObject { ["name"] = "genagent", ["version"] = typeof(AtifWriter).Assembly.GetName().Version?.ToString(3)
                ?? "0", ["model_name"] = trajectory.Model.Name },
            ["steps"] = steps,
            ["final_metrics"] =
                new JsonObject { ["total_prompt_tokens"] = tokens.Input, ["total_completion_tokens"] = tokens.Output, ["total_steps"] = steps.Count },
            ["extra"] = new JsonObject
            {
                ["generator"] = trajectory.Generator.Name,
                ["stop_reason"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(trajectory.StopReason.ToString()),
                ["answer_image"] = trajectory.Answer?.ImageId,
            },
        };
        return JsonSerializer.SerializeToUtf8Bytes(whole, Json);
    }

    private static JsonObject StepOf(Round round, Trajectory trajectory, int id)
    {
        var step = new JsonObject
        {
            ["step_id"] = id,
            ["source"] = "agent",
            ["model_name"] = trajectory.Model.Name,
            ["message"] = round.Answer ?? round.Judgment?.Text ?? string.Empty,
            ["metrics"] = new JsonObject { ["prompt_tokens"] = round.Tokens.Input, ["completion_tokens"] = round.Tokens.Output },
        };
        if (round.Thought is { } thought) step["reasoning_content"] = thought;
        if (round.Call is not { } call) return step;
        var name = call.Id ?? $"call_{round.Index}";
        step["tool_calls"] =
            new JsonArray { new JsonObject { ["tool_call_id"] = name, ["function_name"] = call.Name, ["arguments"] = ArgumentsOf(call.Arguments) } };
        var back = round.Images.Select(image => JobEvents.ImageUrl(image.Id)).Concat(round.ToolText is { } text ? [text] : [])
            .Concat(round.Faults.Select(fault => fault.Message));
        step["observation"] =
            new JsonObject { ["results"] = new JsonArray([.. back.Select(content => new JsonObject { ["source_call_id"] = name, ["content"] = content })]) };
        return step;
    }

    private static JsonObject ArgumentsOf(string arguments)
    {
        try
        {
            if (JsonNode.Parse(arguments) is JsonObject members) return members;
        }
        catch (JsonException)
        {
            // A broken call.
        }

        return new() { ["text"] = arguments };
    }
}
