using GenAgent.Server.Browse;
using GenAgent.Server.Jobs;
using GenAgent.Server.Security;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Server.Protocols;

/// <summary>Starts jobs for clients of other protocols.</summary>
internal sealed class ProtocolRuns(IJobs jobs, TrajectoryIndex index)
{
    /// <summary>Submits a job for a request; its <c>Idempotency-Key</c> finds the job of an earlier one.</summary>
    public Task<ProtocolRun> StartAsync(HttpContext context, JobRequest order, CancellationToken cancellationToken) =>
        StartAsync(
            order with { IdempotencyKey = context.Request.Headers["Idempotency-Key"] is [{ Length: > 0 } key] ? key : null },
            Caller.Of(context).Owner,
            cancellationToken);

    /// <summary>Submits a job.</summary>
    /// <param name="order">What is asked for.</param>
    /// <param name="owner">Whose job it is: an API key's id; null for nobody's.</param>
    /// <param name="cancellationToken">Stops the wait; a job that was submitted by then goes on.</param>
    public async Task<ProtocolRun> StartAsync(JobRequest order, string? owner, CancellationToken cancellationToken)
    {
        var kind = order.Images.Count > 0 ? JobKind.Edit : JobKind.Generate;
        var job = await jobs.SubmitAsync(order with { Kind = kind, Owner = owner }, cancellationToken);
        return new(jobs, this, job.Id, order);
    }

    /// <summary>An image's bytes.</summary>
    /// <exception cref="RefusedException">The image was deleted since.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(RunImage image, CancellationToken cancellationToken = default) =>
        await index.ReadImageAsync(image.Id, cancellationToken) is { } content
            ? content.Data
            : throw new RefusedException(StatusCodes.Status410Gone, $"Image {image.Id} was deleted.");
}
