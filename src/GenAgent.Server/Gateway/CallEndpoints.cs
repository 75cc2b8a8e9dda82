using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Models;
using GenAgent.Server.Http;
using GenAgent.Server.OpenAI;
using GenAgent.Server.Security;
using GenAgent.Server.Storage;
using GenAgent.Trajectories;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GenAgent.Server.Gateway;

/// <summary>
/// OpenAI's chat completions below a rollout's own address: <c>/rollout/{id}/attempt/{n}/v1</c>, and agent-lightning's
/// <c>/proxy/rollout/{id}/attempt/{n}/mode/{mode}/openai/v1</c>. The end of an answer is sent when the call is kept: a call that the caller got is never lost.
/// </summary>
internal sealed class CallEndpoints(
    IUpstream upstream, RolloutLibrary library, GatewayTables tables, CallRecorder recorder, CallsUnderWay underWay, UpstreamVersion version,
    GatewayOptions options, ServerOptions server, DataFolder folder, TimeProvider time)
{
    private static readonly string[] Modes = ["train", "val"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var address in (string[])["/rollout/{rollout}/attempt/{attempt}/v1", "/proxy/rollout/{rollout}/attempt/{attempt}/mode/{mode}/openai/v1"])
        {
            var group = routes.MapGroup(address).WithTags("OpenAI").AddEndpointFilter(OpenAIErrors.FilterAsync);
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
        await library.BeginAsync(name, Caller.Of(context), task, context.RequestAborted);
        using (underWay.Begin(name))
        {
            await tables.TouchAsync(name, context.RequestAborted);
            var call = new UpstreamCall(request, asked, Streams: AnswerAssembly.IsTrue(request["stream"]))
            {
                BeforeAsync = cancellationToken => BeforeAsync(name, asked, cancellationToken),
            };
            await (call.Streams ? StreamAsync(name, call, context) : AnswerWholeAsync(name, call, context));
        }
    }

    private async Task<(TokenTrace? Tokens, int Messages)> BeforeAsync(RolloutName name, AskedConversation asked, CancellationToken cancellationToken)
    {
        var tree = new CallTree<RecordedCall>(await tables.CallsAsync(name, cancellationToken));
        return tree.ByMessages(asked.Hashes) is var (last, messages) ? (RecordedCall.TraceOf(tree.ChainOf(last), static _ => true), messages) : (null, 0);
    }

    // The end of the time is an error of the upstream, also where the answer has begun.
    private async IAsyncEnumerable<JsonObject> PiecesAsync(UpstreamCall call, HttpContext context)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(options.CallSeconds), time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);
        await using var pieces = upstream.AnswerAsync(call, ends.Token).GetAsyncEnumerator(ends.Token);
        while (await NextAsync()) yield return pieces.Current;

        async Task<bool> NextAsync()
        {
            try
            {
                return await pieces.MoveNextAsync();
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
            {
                throw new UpstreamException(
                    504, FormattableString.Invariant($"The upstream took more than {options.CallSeconds} seconds (Gateway:CallSeconds)."));
            }
        }
    }

    private async Task AnswerWholeAsync(RolloutName name, UpstreamCall call, HttpContext context)
    {
        var (assembly, startedAt, versionBefore) = (new AnswerAssembly(), time.GetUtcNow(), version.Current);
        JsonObject? answer = null;
        await foreach (var piece in PiecesAsync(call, context))
        {
            assembly.Take(piece);
            answer = piece;
        }

        if (answer is null) throw UpstreamException.Malformed("it is empty.");
        await recorder.KeepAsync(name, call.Asked, assembly.Complete(call.Request), startedAt, version.Since(versionBefore));
        await context.Response.WriteAsJsonAsync(AnswerAssembly.ForCaller(answer, call.Request), OpenAIJson.Options, context.RequestAborted);
    }

    private async Task StreamAsync(RolloutName name, UpstreamCall call, HttpContext context)
    {
        var (assembly, startedAt, versionBefore) = (new AnswerAssembly(), time.GetUtcNow(), version.Current);
        await using var pieces = PiecesAsync(call, context).GetAsyncEnumerator(context.RequestAborted);

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
        catch (Exception failure) when (OpenAIErrors.TryRead(failure, out var refused))
        {
            await stream.WriteAsync(null, OpenAIErrors.BodyOf(refused, context));
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
}
