using System.Globalization;
using GenAgent.Server.Http;
using GenAgent.Server.Jobs;
using GenAgent.Server.Protocols;
using GenAgent.Server.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GenAgent.Server.OpenAI;

/// <summary>
/// <c>/v1/responses</c>: the agent's thoughts as a reasoning item, its image as a call of the image generation tool. A response is its job: it can be asked
/// for, gone on from, and followed again, as long as the job is kept.
/// </summary>
internal sealed class ResponsesEndpoints(ProtocolRuns runs, ResponseLibrary library, ServedModels models, AuditLog audit, TimeProvider time)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/responses", (HttpContext context, ResponsesEndpoints responses) => responses.AnswerAsync(context))
            .WithSummary("Makes an image (OpenAI Responses API)");
        routes.MapGet("/responses/{id}", (string id, HttpContext context, ResponsesEndpoints responses) => responses.FindAsync(id, context))
            .WithSummary("An earlier response (OpenAI Responses API); stream=true follows it, from the event after starting_after");
        routes.MapPost("/responses/{id}/cancel", (string id, HttpContext context, ResponsesEndpoints responses) => responses.CancelAsync(id, context))
            .WithSummary("Cancels a response in the background (OpenAI Responses API)");
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = ResponsesRequest.Read(await RequestFields.ReadAsync(context.Request, context.RequestAborted), models);
        var stored = request.Stored;
        var order = request.Order with { Attached = stored.ToJson() };
        var previous = stored.Previous is { } id ? await library.ImageOfPreviousAsync(context, id) : [];
        if (order.Images.Count == 0)
        {
            order = order with { Images = request.EarlierCall is { } call ? await library.ImageOfCallAsync(context, call) : previous };
        }

        await using var run = await runs.StartAsync(context, order, context.RequestAborted, stored.IsBackground);
        if (request.Streams) await StreamAsync(context, run, stored, after: -1);
        else if (stored.IsBackground) await WriteAsync(context, stored.Begin(run) with { Status = "queued" });
        else
        {
            var answer = await new ResponseRun(run, stored).AnswerAsync(run.UpdatesAsync(context.RequestAborted));
            if (answer.Failure is { } failure) throw failure;
            await WriteAsync(context, answer);
        }
    }

    private async Task FindAsync(string id, HttpContext context)
    {
        var (job, stored) = await library.FindAsync(context, id);
        await using var run = runs.Follow(job);
        if (context.Request.Query["stream"] is ["true"])
        {
            var after = long.TryParse(context.Request.Query["starting_after"], NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last : -1;
            await StreamAsync(context, run, stored, after);
            return;
        }

        await WriteAsync(context, await AnswerOfAsync(job, run, stored, context.RequestAborted));
    }

    private async Task CancelAsync(string id, HttpContext context)
    {
        var (job, stored) = await library.FindAsync(context, id);
        if (!stored.IsBackground)
        {
            throw OpenAIException.Invalid(
                "response_id", "invalid_value", "Only a response with 'background': true can be cancelled: end the others' connection.");
        }

        await using var run = runs.Follow(job);
        await run.CancelAsync();
        await audit.NoteAsync(context, "cancel", job.Id);
        (job, _) = await library.FindAsync(context, id);

        // One that runs ends as soon as its worker hears of it: what is said is what was decided.
        await WriteAsync(context, job.IsOver ? await AnswerOfAsync(job, run, stored, context.RequestAborted) : stored.Begin(run) with { Status = "cancelled" });
    }

    private static async Task<ResponseAnswer> AnswerOfAsync(Job job, ProtocolRun run, StoredResponse stored, CancellationToken cancellationToken)
    {
        if (!job.IsOver) return stored.Begin(run) with { Status = job.State == JobState.Queued ? "queued" : "in_progress" };
        var answer = await new ResponseRun(run, stored).AnswerAsync(run.UpdatesAsync(cancellationToken));
        return job.State == JobState.Cancelled ? answer with { Status = "cancelled", Error = null } : answer;
    }

    private async Task StreamAsync(HttpContext context, ProtocolRun run, StoredResponse stored, long after)
    {
        using var stream = await EventStream.BeginAsync(context, OpenAIJson.Options, time);
        var response = new ResponseRun(
            run, stored, (type, members) => (int)members["sequence_number"] > after ? stream.WriteAsync(type, members) : Task.CompletedTask);
        await response.AnswerAsync(stream.KeepingAliveAsync(run.UpdatesAsync(context.RequestAborted)));
    }

    private static Task WriteAsync(HttpContext context, ResponseAnswer answer) =>
        context.Response.WriteAsJsonAsync(answer, OpenAIJson.Options, context.RequestAborted);
}
