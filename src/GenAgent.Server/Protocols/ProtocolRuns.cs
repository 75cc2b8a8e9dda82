using GenAgent.Server.Backends;
using GenAgent.Server.Browse;
using GenAgent.Server.Jobs;
using GenAgent.Server.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace GenAgent.Server.Protocols;

/// <summary>Starts jobs for clients of other protocols.</summary>
internal sealed class ProtocolRuns(IJobs jobs, TrajectoryIndex index, Previews previews, AuditLog audit)
{
    /// <summary>Submits a job for a request; its <c>Idempotency-Key</c> finds the job of an earlier one.</summary>
    /// <param name="context">The request.</param>
    /// <param name="order">What is asked for.</param>
    /// <param name="cancellationToken">Stops the wait; a job that was submitted by then goes on.</param>
    /// <param name="outlivesClient">Whether the job goes on when the client hangs up.</param>
    public Task<ProtocolRun> StartAsync(HttpContext context, JobRequest order, CancellationToken cancellationToken, bool outlivesClient = false) =>
        StartAsync(
            order with { IdempotencyKey = context.Request.Headers["Idempotency-Key"] is [{ Length: > 0 } key] ? key : null },
            Caller.Of(context).Owner,
            AuditLog.AddressOf(context),
            cancellationToken,
            outlivesClient);

    /// <summary>Submits a job.</summary>
    /// <param name="order">What is asked for.</param>
    /// <param name="owner">Whose job it is: an API key's id; null for nobody's.</param>
    /// <param name="address">Where the request comes from, for the audit log.</param>
    /// <param name="cancellationToken">Stops the wait; a job that was submitted by then goes on.</param>
    /// <param name="outlivesClient">Whether the job goes on when the client hangs up.</param>
    public async Task<ProtocolRun> StartAsync(
        JobRequest order, string? owner, string address, CancellationToken cancellationToken, bool outlivesClient = false)
    {
        var kind = order.Images.Count > 0 ? JobKind.Edit : JobKind.Generate;
        var job = await jobs.SubmitAsync(order with { Kind = kind, Owner = owner }, cancellationToken);
        await audit.NoteAsync(owner, address, "submit", job.Id);
        return new(jobs, this, job, outlivesClient);
    }

    /// <summary>A job that was submitted before, from its first event on; it goes on when the client hangs up.</summary>
    public ProtocolRun Follow(Job job) => new(jobs, this, job, outlivesClient: true);

    /// <summary>An image's bytes, by its id.</summary>
    /// <exception cref="RefusedException">The image was deleted since.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(string image, CancellationToken cancellationToken = default) =>
        await index.ReadImageAsync(image, cancellationToken) is { } content
            ? content.Data
            : throw new RefusedException(StatusCodes.Status410Gone, $"Image {image} was deleted.");

    /// <summary>The latest preview of a sample that this process runs; null for none.</summary>
    public DataContent? Preview(string job, int sample) => previews.Find(job, sample);
}
