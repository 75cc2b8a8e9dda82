using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Models;
using GenAgent.Server.Http;
using GenAgent.Server.OpenAI;
using GenAgent.Server.Security;
using GenAgent.Server.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GenAgent.Server.Gateway;

/// <summary>
/// OpenAI's chat completions below a rollout's own address: <c>/rollout/{id}/attempt/{n}/v1</c>, and agent-lightning's
/// <c>/proxy/rollout/{id}/attempt/{n}/mode/{mode}/openai/v1</c>. The end of an answer is sent when the call is kept: a call that the caller got is never lost.
/// </summary>
internal sealed class CallEndpoints(
    IUpstream upstream, RolloutLibrary library, GatewayTables tables, CallRecorder recorder, UpstreamVersion version, GatewayOptions options,
    ServerOptions server, DataFolder folder, TimeProvider time)
{
    private static readonly string[] Modes = ["train", "val"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var address in (string[])["/rollout/{rollout}/attempt/{attempt}/v1", "/proxy/rollout/{rollout}/attempt/{attempt}/mode/{mode}/openai/v1"])
        {
            var group = routes.MapGroup(address).WithTags("OpenAI").AddEndpointFilter(FilterAsync);
            group.MapPost(
                "/chat/completions",
                (string rollout, string attempt, HttpContext context, CallEndpoints calls, string? mode = null) =>
                    calls.AnswerAsync(RolloutName.Of(rollout, attempt), mode, context))
                .WithSummary("Calls the model, and records the call (OpenAI chat completions)");
            group.MapGet("/models", (CallEndpoints calls) => Results.Json(new OpenAIList<OpenAIModel>([new(calls.ModelName, 0)]), OpenAIJson.Options))
                .WithSummary("The model behind the gateway (OpenAI)");
        }
    }

    private string ModelName { get; } = BackendUri.TryParse(upstream.Uri, out var uri, out _) ? uri.Model ?? uri.Scheme : upstream.Uri;

    private async Task AnswerAsync(RolloutName name, string? mode, HttpContext context)
    {
        if (mode is not null && !Modes.Contains(mode, StringComparer.Ordinal))
        {
            throw RefusedException.NotFound($"There is no mode \"{mode[..Math.Min(mode.Length, 40)]}\": the address has train or val.");
        }

        var request = await ReadAsync(context);
        if (request["n"] is JsonValue n && (!n.TryGetValue(out int choices) || choices != 1))
        {
            throw OpenAIException.Unsupported("n", "A recorded call has one choice: call several times instead.");
        }

        var asked = AskedConversation.Read(request, server);
        folder.RequireRoom();
        var task = mode is null ? null : new RecordedTask { Labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["mode"] = mode } };
        if ((await library.BeginAsync(name, Caller.Of(context), task, context.RequestAborted)).State != RolloutState.Open)
        {
            throw new RefusedException(409, "This rollout has ended: take a new attempt.");
        }

        var before = new CallTree(await tables.CallsAsync(name, context.RequestAborted));
        var from = before.ByMessages(asked.Hashes);
        var call = new UpstreamCall(request, asked, Streams: AnswerAssembly.IsTrue(request["stream"]))
        {
            Before = from is var (last, _) ? CallTree.TraceOf(before.ChainOf(last), static _ => true) : null,
            BeforeMessages = from?.Messages ?? 0,
        };
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(options.CallSeconds), time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);
        try
        {
            await (call.Streams ? StreamAsync(name, call, context, ends.Token) : AnswerWholeAsync(name, call, context, ends.Token));
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            throw new UpstreamException(504, FormattableString.Invariant($"The upstream took more than {options.CallSeconds} seconds (Gateway:CallSeconds)."));
        }
    }

    private async Task AnswerWholeAsync(RolloutName name, UpstreamCall call, HttpContext context, CancellationToken cancellationToken)
    {
        var (assembly, startedAt, versionBefore) = (new AnswerAssembly(), time.GetUtcNow(), version.Current);
        JsonObject? answer = null;
        await foreach (var piece in upstream.AnswerAsync(call, cancellationToken))
        {
            assembly.Take(piece);
            answer = piece;
        }

        if (answer is null) throw UpstreamException.Malformed("it is empty.");
        await recorder.KeepAsync(name, call.Asked, assembly.Complete(call.Request), startedAt, version.Since(versionBefore));
        await context.Response.WriteAsJsonAsync(AnswerAssembly.ForCaller(answer, call.Request), OpenAIJson.Options, context.RequestAborted);
    }

    private async Task StreamAsync(RolloutName name, UpstreamCall call, HttpContext context, CancellationToken cancellationToken)
    {
        var (assembly, startedAt, versionBefore) = (new AnswerAssembly(), time.GetUtcNow(), version.Current);
        await using var pieces = upstream.AnswerAsync(call, cancellationToken).GetAsyncEnumerator(cancellationToken);

        // An error before the first piece has a status of its own.
        if (!await pieces.MoveNextAsync()) throw UpstreamException.Malformed("it is empty.");
        using var stream = await EventStream.BeginAsync(context, OpenAIJson.Options, time);
        try
        {
            var held = new List<JsonObject>();
            await foreach (var piece in stream.KeepingAliveAsync(Rest(pieces)))
            {
                assembly.Take(piece);
                var shown = AnswerAssembly.ForCaller(piece, call.Request);
                if (assembly.IsFinished) held.Add(shown);
                else await stream.WriteAsync(null, shown);
            }

            await recorder.KeepAsync(name, call.Asked, assembly.Complete(call.Request), startedAt, version.Since(versionBefore));
            foreach (var piece in held) await stream.WriteAsync(null, piece);
            await stream.DoneAsync();
        }
        catch (Exception failure) when (TryRead(failure, out var refused))
        {
            await stream.WriteAsync(null, new OpenAIErrorBody(refused.Error));
        }
    }

    private static async IAsyncEnumerable<JsonObject> Rest(IAsyncEnumerator<JsonObject> pieces)
    {
        do yield return pieces.Current;
        while (await pieces.MoveNextAsync());
    }

    private static async Task<JsonObject> ReadAsync(HttpContext context)
    {
        try
        {
            return await StrictJson.ReadObjectAsync(context.Request.Body, context.RequestAborted)
                ?? throw OpenAIException.Invalid(string.Empty, "invalid_json", "The request body must be a JSON object.");
        }
        catch (JsonException broken)
        {
            throw OpenAIException.Invalid(string.Empty, "invalid_json", $"We could not parse the JSON body of your request: {broken.Message}");
        }
    }

    private static async ValueTask<object?> FilterAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception failure) when (!context.HttpContext.Response.HasStarted && TryRead(failure, out var refused))
        {
            if (refused.RetryAfter is { } seconds) context.HttpContext.Response.Headers.RetryAfter = $"{seconds}";
            return Results.Json(new OpenAIErrorBody(refused.Error), OpenAIJson.Options, statusCode: refused.Status);
        }
    }

    private static bool TryRead(Exception failure, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out OpenAIException? refused)
    {
        if (failure is not UpstreamException upstream) return OpenAIErrors.TryRead(failure, out refused);
        refused = new(upstream.Status, upstream.Status >= 500 ? "server_error" : "invalid_request_error", upstream.Code, null, upstream.Message)
        {
            RetryAfter = upstream.RetryAfter,
        };
        return true;
    }
}
