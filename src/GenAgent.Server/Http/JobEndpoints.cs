using System.Globalization;
using GenAgent.Server.Backends;
using GenAgent.Server.Jobs;
using GenAgent.Server.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace GenAgent.Server.Http;

/// <summary>Jobs over HTTP.</summary>
internal static class JobEndpoints
{
    private const int MostJobs = 200;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/jobs", SubmitAsync).WithSummary("Submits a job.").Produces<JobContract>(202);
        routes.MapGet("/jobs", ListAsync).WithSummary("Lists jobs, newest first.").Produces<JobPage>();
        routes.MapGet(
            "/jobs/{id}", async (string id, HttpContext context, IJobs jobs) =>
            JobContract.Of(await OwnAsync(jobs, id, context))).WithSummary("A job.").Produces<JobContract>();
        routes.MapPost("/jobs/{id}/cancel", CancelAsync).WithSummary("Cancels a job.").Produces<JobContract>();
        routes.MapGet("/jobs/{id}/events", EventsAsync).WithSummary("A job's events as server-sent events; Last-Event-ID goes on behind an event.");
        routes.MapGet("/jobs/{id}/preview/{sample:int}", PreviewAsync).WithSummary("The latest preview of a sample that runs.");
    }

    /// <summary>Submits a job for the caller of a request.</summary>
    public static async Task<IResult> AcceptAsync(HttpContext context, IJobs jobs, JobRequest request)
    {
        var job = await jobs.SubmitAsync(
            request with { Owner = Caller.Of(context).Owner, IdempotencyKey = context.Request.Headers["Idempotency-Key"] is [{ } key] ? key : null },
                context.RequestAborted);
        await context.RequestServices.GetRequiredService<AuditLog>().NoteAsync(context, request.From is null ? "submit" : "rerun", job.Id);
        return Results.Accepted($"/api/jobs/{job.Id}", JobContract.Of(job));
    }

    private static async Task<IResult> SubmitAsync(HttpContext context, JobBody body, IJobs jobs) => await AcceptAsync(context, jobs, body.ToRequest());

    private static async Task<JobPage> ListAsync(HttpContext context, IJobs jobs, JobState? state = null, int limit = 50, string? cursor = null)
    {
        var count = Math.Clamp(limit, 1, MostJobs);
        var caller = Caller.Of(context);
        var found = await jobs.ListAsync(
            new() { State = state, Owner = caller.SeesAll ? null : caller.Owner ?? string.Empty, Limit = count, Before = cursor }, context.RequestAborted);
        return new([.. found.Select(JobContract.Of)], found.Count == count ? found[^1].Id : null);
    }

    private static async Task<JobContract> CancelAsync(string id, HttpContext context, IJobs jobs)
    {
        await OwnAsync(jobs, id, context);
        await jobs.CancelAsync(id, context.RequestAborted);
        await context.RequestServices.GetRequiredService<AuditLog>().NoteAsync(context, "cancel", id);
        return JobContract.Of(await OwnAsync(jobs, id, context));
    }

    private static async Task EventsAsync(string id, HttpContext context, IJobs jobs, TimeProvider time)
    {
        await OwnAsync(jobs, id, context);
        var after = long.TryParse(context.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last : 0;
        using var stream = await EventStream.BeginAsync(context, ServerJson.Options, time);
        await foreach (var happened in stream.KeepingAliveAsync(jobs.EventsAsync(id, after, context.RequestAborted))) await stream.WriteAsync(happened);
    }

    private static async Task<IResult> PreviewAsync(string id, int sample, HttpContext context, IJobs jobs, Previews previews)
    {
        await OwnAsync(jobs, id, context);
        return previews.Find(id, sample) is { } preview
            ? Results.Bytes(preview.Data, preview.MediaType) : throw RefusedException.NotFound("There is no preview of this sample now.");
    }

    // A job of another key is as if it were not there.
    private static async Task<Job> OwnAsync(IJobs jobs, string id, HttpContext context) =>
        await jobs.FindAsync(id, context.RequestAborted) is { } job && Caller.Of(context).Sees(job.Request.Owner)
            ? job
            : throw RefusedException.NotFound("There is no such job.");
}

/// <summary>A page of jobs.</summary>
/// <param name="Items">The jobs.</param>
/// <param name="Next">The cursor of the next page; null for the last.</param>
internal sealed record JobPage(IReadOnlyList<JobContract> Items, string? Next);
