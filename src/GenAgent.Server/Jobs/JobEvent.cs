using System.Text.Json;

namespace GenAgent.Server.Jobs;

/// <summary>Something that happened in a job. Immutable.</summary>
/// <param name="Sequence">From 1, without gaps within a job.</param>
/// <param name="Sample">Which sample; -1 for the job itself.</param>
/// <param name="Kind">An event of the runs' event contract (<c>docs/schemas/event.schema.json</c>), or <see cref="State"/>.</param>
/// <param name="Json">The event with <c>sample</c>; images are named by their URL.</param>
internal sealed record JobEvent(long Sequence, int Sample, string Kind, string Json)
{
    /// <summary>The kind that tells a new state of the job.</summary>
    public const string State = "job.state";

    /// <summary>The event's members.</summary>
    public JsonElement Data
    {
        get
        {
            using var document = JsonDocument.Parse(Json);
            return document.RootElement.Clone();
        }
    }

    /// <summary>Whether it is the last event of its job.</summary>
    public bool IsLast => Kind is State && Data.GetProperty("state").GetString() is "succeeded" or "failed" or "cancelled";
}
