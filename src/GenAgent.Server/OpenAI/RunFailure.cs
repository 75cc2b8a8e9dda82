using GenAgent.Server.Protocols;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Server.OpenAI;

/// <summary>What a client is told of a job that made no image.</summary>
internal static class RunFailure
{
    public static OpenAIException Of(IEnumerable<SampleUpdate> samples)
    {
        var first = samples.FirstOrDefault();
        var why = first?.Error ?? "the job ended before it began.";
        return first is { Declined: true }
            ? new(StatusCodes.Status400BadRequest, "image_generation_user_error", "declined", "prompt", first.Answer is { Length: > 0 } answer ? answer : why)
            : new(StatusCodes.Status500InternalServerError, "server_error", "image_generation_failed", null, why);
    }
}
