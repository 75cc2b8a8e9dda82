using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Agents;

namespace GenAgent.Server.Jobs;

/// <summary>Writes events: those of runs by their own contract, with URLs in the place of images; those of the job itself.</summary>
internal static class JobEvents
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The event that tells a job's state.</summary>
    public static JobEvent OfState(long sequence, JobState state, string? error = null, IReadOnlyList<JobSample>? samples = null, int? attempt = null)
    {
        var told = new JsonObject { ["event"] = JobEvent.State, ["state"] = JsonNamingPolicy.CamelCase.ConvertName(state.ToString()) };
        if (attempt is not null) told["attempt"] = attempt;
        if (error is not null) told["error"] = error;
        if (samples is not null) told["samples"] = JsonSerializer.SerializeToNode(samples.Select(JobContract.Of), ServerJson.Options);
        return new(sequence, -1, JobEvent.State, told.ToJsonString(Json));
    }

    /// <summary>An event of a run.</summary>
    /// <param name="sample">The run's sample.</param>
    /// <param name="happened">The event.</param>
    /// <param name="preview">The URL of the preview that comes with progress; null without one.</param>
    public static (string Kind, JsonObject Members) OfRun(int sample, AgentEvent happened, string? preview = null)
    {
        var members = JsonNode.Parse(AgentEventJson.Write(happened))!.AsObject();
        members["sample"] = sample;
        if (preview is not null) members["preview"] = preview;
        if (members["image"] is JsonObject image && (string?)image["id"] is { } id) image["url"] = ImageUrl(id);
        return ((string)members["event"]!, members);
    }

    public static string Write(JsonObject members) => members.ToJsonString(Json);

    public static string ImageUrl(string id) => $"/api/images/{id}";
}
