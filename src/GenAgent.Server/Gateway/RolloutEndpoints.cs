using System.Text.Json;
using GenAgent.Dialects;
using GenAgent.Server.Browse;
using GenAgent.Server.Security;
using GenAgent.Trajectories;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace GenAgent.Server.Gateway;

/// <summary>Rollouts over HTTP: their task, rewards and end; and the trajectories of those that ended.</summary>
internal sealed class RolloutEndpoints(
    RolloutLibrary library, GatewayTables tables, GatewayFolder folder, GatewayOptions options, TrajectoryIndex index, UpstreamVersion version,
    TimeProvider time)
{
    private const int MostEventCharacters = 1 << 20;
    private const int MostLines = 100_000;
    private const string Own = "/rollout/{rollout}/attempt/{attempt}";

    public static void Map(IEndpointRouteBuilder app)
    {
        var routes = app.MapGroup(string.Empty).WithTags("Gateway");
        routes.MapPost(
            Own,
            (string rollout, string attempt, TaskBody task, HttpContext context, RolloutEndpoints it) =>
                it.BeginAsync(RolloutName.Of(rollout, attempt), task, context))
            .WithSummary("Begins a rollout and says what it is for; optional.").Produces<RolloutStatus>();
        routes.MapGet(
            Own,
            (string rollout, string attempt, HttpContext context, RolloutEndpoints it) => it.StatusAsync(RolloutName.Of(rollout, attempt), context))
            .WithSummary("Where a rollout stands.").Produces<RolloutStatus>();
        routes.MapPost(
            $"{Own}/reward",
            (string rollout, string attempt, JsonElement body, HttpContext context, RolloutEndpoints it) =>
                it.RewardAsync(RolloutName.Of(rollout, attempt), body, context))
            .WithSummary("A reward: {\"value\": x}, or {\"rewards\": {name: x}}.");
        routes.MapPost(
            $"{Own}/end",
            (string rollout, string attempt, EndBody body, HttpContext context, RolloutEndpoints it) =>
                it.EndAsync(RolloutName.Of(rollout, attempt), body, context))
            .WithSummary("Ends a rollout: its trajectories are kept.").Produces<RolloutStatus>();
        routes.MapPost(
            "/api/rollouts/{rollout}/attempt/{attempt}/events",
            (string rollout, string attempt, EventBody body, HttpContext context, RolloutEndpoints it) =>
                it.EventAsync(RolloutName.Of(rollout, attempt), body, context))
            .WithSummary("A reward or another event, as agent-lightning's agents post it.");
        routes.MapPost("/api/upstream/version", (VersionBody body, HttpContext context, RolloutEndpoints it) => it.SetVersion(body, context))
            .WithSummary("Says which weights the upstream has now, for upstreams that do not.");
        routes.MapGet(
            "/api/trajectories.jsonl",
            (HttpContext context, RolloutEndpoints it, long after = 0, int limit = 1000) => it.LinesAsync(context, after, limit))
            .WithSummary("Trajectories of ended rollouts, one a line; after= is the number of bytes read before.");
        routes.MapGet("/api/trajectories/{id}/line", (string id, HttpContext context, RolloutEndpoints it) => it.LineAsync(id, context))
            .WithSummary("A trajectory as its folder has it.");
    }

    private async Task<RolloutStatus> BeginAsync(RolloutName name, TaskBody body, HttpContext context)
    {
        if (body.Dialect is { } dialect && Dialect.Find(dialect) is null)
        {
            throw RefusedException.BadField("dialect", $"Known dialects: {string.Join(", ", Dialect.All.Select(one => one.Name))}.");
        }

        await library.BeginAsync(
            name, Caller.Of(context),
            new()
            {
                Prompt = body.Prompt, PromptId = body.PromptId, Category = body.Category, Sample = body.Sample, Generator = body.Generator,
                Dialect = body.Dialect, Labels = body.Labels,
            },
            context.RequestAborted);
        return await StatusAsync(name, context);
    }

    private async Task<RolloutStatus> StatusAsync(RolloutName name, HttpContext context)
    {
        var rollout = await library.FindAsync(name, Caller.Of(context), context.RequestAborted);
        var calls = await tables.LinksAsync(name, context.RequestAborted);
        var events = await tables.EventsAsync(name, context.RequestAborted);
        return new(
            name.Rollout, name.Attempt, rollout.State == RolloutState.Open ? "open" : "ended", calls.Count,
            [.. calls.Select(call => call.Fault).OfType<string>()], RewardBody.Sum(events),
            [.. events.Where(one => one.Kind is not RecordedEvent.Reward)
                .Select(one => new PostedEvent(one.Kind, JsonElement.Parse(one.Data), one.At))],
            [.. new CallTree<CallLink>([.. calls.Select(call => call.Call)]).Leaves().Index().Select(leaf => name.TrajectoryId(leaf.Index))]);
    }

    private async Task<IResult> RewardAsync(RolloutName name, JsonElement body, HttpContext context)
    {
        await PostAsync(name, RecordedEvent.Reward, body, context);
        return Results.Json(new { rewards = RewardBody.Sum(await tables.EventsAsync(name, context.RequestAborted)) }, ServerJson.Options);
    }

    private async Task<IResult> EventAsync(RolloutName name, EventBody body, HttpContext context)
    {
        if (body.EventType is not { Length: > 0 and <= 128 } kind)
        {
            throw RefusedException.BadField("event_type", "An event has an \"event_type\" of 1 to 128 characters.");
        }

        var data = body.Data ?? JsonElement.Parse("{}");
        await PostAsync(name, kind, data, context);
        return Results.Json(new
        {
            event_type = kind, rollout_id = name.Rollout, attempt_id = name.Attempt, timestamp = time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0, data,
        });
    }

    private async Task PostAsync(RolloutName name, string kind, JsonElement data, HttpContext context)
    {
        try
        {
            StrictJson.RequireWhole(data);
        }
        catch (JsonException broken)
        {
            throw RefusedException.BadField("data", broken.Message);
        }

        if (kind is RecordedEvent.Reward) RewardBody.Read(data);
        var text = data.GetRawText();
        if (text.Length > MostEventCharacters) throw new RefusedException(413, $"An event has at most {MostEventCharacters} characters.");
        await library.BeginAsync(name, Caller.Of(context), task: null, context.RequestAborted);
        await tables.AddEventAsync(name, kind, text, options.EventsPerRollout, context.RequestAborted);
    }

    private async Task<RolloutStatus> EndAsync(RolloutName name, EndBody body, HttpContext context)
    {
        await library.FindAsync(name, Caller.Of(context), context.RequestAborted);
        await library.EndAsync(name, new() { Excluded = body.Excluded, StopReason = body.StopReason }, idleSince: null, context.RequestAborted);
        return await StatusAsync(name, context);
    }

    private object SetVersion(VersionBody body, HttpContext context)
    {
        if (!Caller.Of(context).SeesAll) throw new RefusedException(403, "This API key does not allow it: it lacks the scope \"admin\".");
        if (body.Version is not { Length: > 0 and <= 128 } told || told.Any(char.IsControl))
        {
            throw RefusedException.BadField("version", "A version has 1 to 128 characters.");
        }

        version.Set(told);
        return new { version = told };
    }

    private async Task LineAsync(string id, HttpContext context)
    {
        var found = await index.ReadAsync(id, context.RequestAborted) ?? throw RefusedException.NotFound("There is no such trajectory.");
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(TrajectoryJson.Write(found), context.RequestAborted);
    }

    // The file only grows, by whole lines: what lies before a place that was read to never changes.
    private async Task LinesAsync(HttpContext context, long after, int limit)
    {
        if (limit < 1) throw RefusedException.BadField("limit", $"The limit is a number of lines from 1 to {MostLines}.");
        await using var file = new FileStream(
            new TrajectoryFolder(folder.Store.Folder).TrajectoryFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1,
            FileOptions.Asynchronous | FileOptions.SequentialScan);
        var length = file.Length;
        file.Position = Math.Clamp(after - 1, 0, length);
        var before = new byte[1];
        if (after < 0 || after > length || (after > 0 && (await file.ReadAsync(before, context.RequestAborted) != 1 || before[0] != (byte)'\n')))
        {
            throw RefusedException.BadField("after", "No line begins there: send 0, or the number of bytes that were read before.");
        }

        context.Response.ContentType = "application/jsonl";
        context.Response.Headers.CacheControl = "no-store";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        limit = Math.Min(limit, MostLines);
        var buffer = new byte[1 << 16];
        var whole = new MemoryStream();
        for (var lines = 0; lines < limit;)
        {
            var count = await file.ReadAsync(buffer, context.RequestAborted);
            if (count == 0) return;
            for (var (begin, end) = (0, 0); begin < count && lines < limit; begin = end)
            {
                var at = buffer.AsSpan(begin, count - begin).IndexOf((byte)'\n');
                end = at < 0 ? count : begin + at + 1;
                whole.Write(buffer, begin, end - begin);
                if (at < 0) break;
                lines++;
                await context.Response.Body.WriteAsync(whole.GetBuffer().AsMemory(0, (int)whole.Length), context.RequestAborted);
                whole.SetLength(0);
            }
        }
    }
}

/// <summary>What a rollout is for.</summary>
internal sealed record TaskBody(
    string? Prompt, string? PromptId, string? Category, int? Sample, string? Generator, string? Dialect, Dictionary<string, string>? Labels);

/// <summary>How a rollout ended.</summary>
internal sealed record EndBody(string? Excluded, StopReason? StopReason);

/// <summary>An event in agent-lightning's form.</summary>
internal sealed record EventBody(
    [property: System.Text.Json.Serialization.JsonPropertyName("event_type")] string? EventType,
    [property: System.Text.Json.Serialization.JsonPropertyName("data")] JsonElement? Data);

/// <summary>A version of weights.</summary>
internal sealed record VersionBody(string? Version);

/// <summary>Where a rollout stands.</summary>
internal sealed record RolloutStatus(
    string Rollout, string Attempt, string State, int Calls, IReadOnlyList<string> Faults, IReadOnlyDictionary<string, double>? Rewards,
    IReadOnlyList<PostedEvent> Events, IReadOnlyList<string> Trajectories);

/// <summary>An event that was told of a rollout.</summary>
internal sealed record PostedEvent(string Kind, JsonElement Data, DateTimeOffset At);
