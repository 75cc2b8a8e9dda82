using System.Text.Json;
using GenAgent.Server.Jobs;
using GenAgent.Server.Protocols;

namespace GenAgent.Server.OpenAI;

/// <summary>What a job keeps of the request of the Responses API that submitted it, so that its answer can be written again.</summary>
/// <param name="Model">The model, as the answer names it.</param>
/// <param name="Format">The images' format.</param>
/// <param name="Compression">For JPEG and WebP, in [0, 100].</param>
/// <param name="PartialImages">The most partial images.</param>
/// <param name="IsBackground">Whether the job goes on when the client hangs up.</param>
/// <param name="IsKept">Whether the answer may be asked for later.</param>
/// <param name="Previous">The response that this one goes on from; null for none.</param>
/// <param name="Echo">What the request said of itself.</param>
internal sealed record StoredResponse(
    string Model, string Format, int Compression, int PartialImages, bool IsBackground, bool IsKept, string? Previous, ResponseEcho Echo)
{
    /// <summary>What the ids of responses begin with; the rest is the job's id.</summary>
    public const string Prefix = "resp_";

    private const int Longest = 1 << 18;

    /// <summary>As <see cref="JobRequest.Attached"/> holds it.</summary>
    /// <exception cref="OpenAIException">What the request said of itself is too long to be kept.</exception>
    public JsonElement ToJson()
    {
        var json = JsonSerializer.SerializeToElement(this, ServerJson.Options);
        return json.GetRawText().Length <= Longest
            ? json
            : throw OpenAIException.Invalid(
                "tools", "string_above_max_length", $"Tools, metadata and instructions have more than {Longest} characters in all.");
    }

    /// <summary>That of a job; null for a job that came another way.</summary>
    public static StoredResponse? Of(Job job) => job.Request.Attached?.Deserialize<StoredResponse>(ServerJson.Options);

    /// <summary>The answer, before there is anything in it.</summary>
    public ResponseAnswer Begin(ProtocolRun run) => new(Echo)
    {
        Id = $"{Prefix}{run.JobId}",
        CreatedAt = run.Created,
        Status = "in_progress",
        Model = Model,
        Output = [],
        Background = IsBackground,
        Store = IsKept,
        PreviousResponseId = Previous,
    };
}
