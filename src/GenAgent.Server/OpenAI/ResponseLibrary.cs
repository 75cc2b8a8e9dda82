using GenAgent.Server.Jobs;
using GenAgent.Server.Protocols;
using GenAgent.Server.Security;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Server.OpenAI;

/// <summary>The responses of earlier requests: each is its job, as long as that is kept.</summary>
internal sealed class ResponseLibrary(IJobs jobs, ProtocolRuns runs)
{
    /// <summary>A response of the caller's.</summary>
    /// <exception cref="OpenAIException">There is none of that id, or it was not to be kept.</exception>
    public async Task<(Job Job, StoredResponse Stored)> FindAsync(HttpContext context, string id) =>
        await TryFindAsync(context, id) is { } found
            ? found
            : throw new OpenAIException(
                StatusCodes.Status404NotFound, "invalid_request_error", "response_not_found", "response_id", $"Response with id '{Shown(id)}' not found.");

    /// <summary>The image of the response that a request goes on from; empty if that one made none.</summary>
    /// <exception cref="OpenAIException">There is no such response, or it is not over.</exception>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> ImageOfPreviousAsync(HttpContext context, string id)
    {
        const string Parameter = "previous_response_id";
        if (await TryFindAsync(context, id) is not { } found)
        {
            throw OpenAIException.Invalid(Parameter, "previous_response_not_found", $"Previous response with id '{Shown(id)}' not found.");
        }

        if (!found.Job.IsOver)
        {
            throw OpenAIException.Invalid(Parameter, "invalid_value", $"Previous response with id '{Shown(id)}' is still in progress: wait for its end.");
        }

        return await ImageAsync(found.Job);
    }

    /// <summary>The image of an <c>image_generation_call</c> that a request's input holds, by its id.</summary>
    /// <exception cref="OpenAIException">There is no such call.</exception>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> ImageOfCallAsync(HttpContext context, string id) =>
        id.StartsWith(ResponseWriter.ImagePrefix, StringComparison.Ordinal)
        && await TryFindAsync(context, StoredResponse.Prefix + id[ResponseWriter.ImagePrefix.Length..]) is { } found
            ? await ImageAsync(found.Job)
            : throw OpenAIException.Invalid("input", "invalid_value", $"Item with id '{Shown(id)}' not found: send its 'result' or an 'input_image'.");

    private async Task<(Job Job, StoredResponse Stored)?> TryFindAsync(HttpContext context, string id) =>
        id.StartsWith(StoredResponse.Prefix, StringComparison.Ordinal)
        && await jobs.FindAsync(id[StoredResponse.Prefix.Length..], context.RequestAborted) is { } job
        && Caller.Of(context).Sees(job.Request.Owner)
        && StoredResponse.Of(job) is { IsKept: true } stored
            ? (job, stored)
            : null;

    private async Task<IReadOnlyList<ReadOnlyMemory<byte>>> ImageAsync(Job job) =>
        job.Samples is [{ Image: { } image }, ..] ? [await runs.ReadAsync(image)] : [];

    private static string Shown(string id) => id.Length > 80 ? id[..80] + "..." : id;
}
