using System.Text.Json.Serialization;
using GenAgent.Server.Browse;
using GenAgent.Server.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GenAgent.Server.Http;

/// <summary><c>POST /api/trajectories/{id}/rerun</c>: a job that goes on from a turn of a trajectory.</summary>
internal static class RerunEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/trajectories/{id}/rerun", RerunAsync).WithSummary(
            "Runs on from a turn: the turns before it stay as they are.").Produces<JobContract>(202);

    private static async Task<IResult> RerunAsync(string id, RerunBody body, HttpContext context, TrajectoryIndex index, IJobs jobs)
    {
        var found = await index.ReadAsync(id, context.RequestAborted) ?? throw RefusedException.NotFound("There is no such trajectory.");
        if (body.Turn < 0 || body.Turn >= found.Rounds.Count)
        {
            throw RefusedException.BadField("turn", $"\"turn\" is {body.Turn}, but must be from 0 to {found.Rounds.Count - 1}.");
        }
        return await JobEndpoints.AcceptAsync(context, jobs, new(found.Prompt)
        {
            Kind = found.OriginalImages.Count > 0 ? JobKind.Edit : JobKind.Generate,
            Seed = body.Seed,
            From = new(id, body.Turn),
        });
    }
}

/// <summary>The body.</summary>
/// <param name="Turn">The first turn that is made anew, from 0.</param>
/// <param name="Seed">The root seed; null for a fresh one.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record RerunBody(int Turn, long? Seed = null);
