using GenAgent.Server.Browse;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GenAgent.Server.Http;

/// <summary>Trajectories, groups, comparisons and runs over HTTP.</summary>
internal static class BrowseEndpoints
{
    private const int MostItems = 200;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/trajectories", ListAsync).WithSummary("Lists trajectories.").Produces<TrajectoryPage>();
        routes.MapGet("/trajectories/{id}", OneAsync).WithSummary("A trajectory with its turns.").Produces<TrajectoryContract>();
        routes.MapGet("/trajectories/{id}/export", ExportAsync).WithSummary("A trajectory as a file: format=atif, sharegpt or parquet.");
        routes.MapGet("/groups/{group}", GroupAsync).WithSummary("The rollouts of one prompt.").Produces<TrajectoryGroup>();
        routes.MapGet("/compare", CompareAsync).WithSummary("Two sources prompt by prompt.").Produces<Comparison>();
        routes.MapGet("/runs", (RunFolders runs) => new RunPage(runs.List())).WithSummary("Training, evaluation and generation folders.").Produces<RunPage>();
        routes.MapGet(
            "/runs/{name}", (string name, RunFolders runs) => runs.Find(Decode(name)) ?? throw NoRun()).WithSummary("A run.").Produces<RunFolderDetails>();
        routes.MapGet("/runs/{name}/metrics", Metrics).WithSummary("Points of a training run's series.").Produces<RunMetrics>();
        routes.MapGet("/runs/{name}/report/{**file}", Report).WithSummary("A run's page.");
    }

    private static async Task<TrajectoryPage> ListAsync(
        HttpContext context, TrajectoryIndex index, string? source = null, string? text = null, string? verdict = null, string? outside = null,
        double? minScore = null, double? maxScore = null, int? minRounds = null, int? maxRounds = null,
        bool? faults = null, string? model = null, string? generator = null, string? category = null, string? group = null, string sort = "newest",
        int limit = 50, string? cursor = null)
    {
        var query = new TrajectoryQuery
        {
            Source = source,
            Text = text,
            Verdict = verdict,
            Outside = outside,
            MinScore = minScore,
            MaxScore = maxScore,
            MinRounds = minRounds,
            MaxRounds = maxRounds,
            Faults = faults,
            Model = model,
            Generator = generator,
            Category = category,
            Group = group,
            Sort = sort,
            Limit = Math.Clamp(limit, 1, MostItems),
            Cursor = cursor,
        };
        return query.Find(await index.CurrentAsync(context.RequestAborted));
    }

    private static async Task<TrajectoryContract> OneAsync(string id, HttpContext context, TrajectoryIndex index, TokenTexts texts)
    {
        var place = await index.FindAsync(id, context.RequestAborted) ?? throw NoTrajectory();
        var whole = await index.ReadAsync(id, context.RequestAborted) ?? throw NoTrajectory();
        return TrajectoryContract.Of(place.Summary, whole, texts);
    }

    private static async Task<IResult> ExportAsync(string id, HttpContext context, TrajectoryIndex index, string format = "atif")
    {
        var place = await index.FindAsync(id, context.RequestAborted) ?? throw NoTrajectory();
        var export = await Export.OfAsync(
            await index.ReadAsync(id, context.RequestAborted) ?? throw NoTrajectory(), place.Folder, format,
            $"{context.Request.Scheme}://{context.Request.Host}{context.Request.PathBase}", context.RequestAborted);
        return Results.Bytes(export.Content, export.MediaType, export.Name);
    }

    private static async Task<TrajectoryGroup> GroupAsync(string group, HttpContext context, TrajectoryIndex index)
    {
        var items = (await index.CurrentAsync(context.RequestAborted)).Newest.Select(line => line.Summary)
            .Where(summary => string.Equals(summary.Group, group, StringComparison.Ordinal)).Reverse().ToList();
        return items.Count > 0 ? new(items[0].Prompt, items) : throw RefusedException.NotFound("There is no such group.");
    }

    private static async Task<Comparison> CompareAsync(HttpContext context, TrajectoryIndex index, string a, string b, int limit = 50, int cursor = 0) =>
        Comparison.Of(await index.CurrentAsync(context.RequestAborted), a, b, Math.Max(0, cursor), Math.Clamp(limit, 1, MostItems));

    private static RunMetrics Metrics(string name, RunFolders runs, string series = "", long after = -1) =>
        new(runs.Metrics(Decode(name), series.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), after) ?? throw NoRun());

    // A page that a run has written: shown without scripts and without this page's rights.
    private static IResult Report(string name, HttpContext context, RunFolders runs, string? file = null)
    {
        var path = runs.FileOf(Decode(name), file) ?? throw RefusedException.NotFound("There is no such page.");
        context.Response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:";
        return Results.File(
            path, Path.GetExtension(path) switch { ".html" =>
            "text/html; charset=utf-8", ".css" => "text/css", ".svg" => "image/svg+xml", ".jpg" => "image/jpeg", ".webp" => "image/webp", _ => "image/png" });
    }

    // A slash in a name comes encoded, and routing leaves it so.
    private static string Decode(string name) => name.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    private static RefusedException NoTrajectory() => RefusedException.NotFound("There is no such trajectory.");

    private static RefusedException NoRun() => RefusedException.NotFound("There is no such run.");
}

/// <summary>The rollouts of one prompt, oldest first.</summary>
internal sealed record TrajectoryGroup(string Prompt, IReadOnlyList<TrajectorySummary> Items);

/// <summary>The runs.</summary>
internal sealed record RunPage(IReadOnlyList<RunFolderContract> Items);

/// <summary>Points by series.</summary>
internal sealed record RunMetrics(IReadOnlyDictionary<string, List<double?[]>> Series);
