using System.Globalization;
using GenAgent.Server.Http;
using GenAgent.Server.Protocols;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GenAgent.Server.OpenAI;

/// <summary><c>POST /v1/responses</c>: the agent's thoughts as a reasoning item, its image as a call of the image generation tool.</summary>
internal sealed class ResponsesEndpoints(ProtocolRuns runs, ServedModels models, TimeProvider time)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/responses", (HttpContext context, ResponsesEndpoints responses) => responses.AnswerAsync(context))
            .WithSummary("Makes an image (OpenAI Responses API)");
        routes.MapGet(
            "/responses/{id}",
            object (string id) =>
                throw new OpenAIException(
                    StatusCodes.Status404NotFound,
                    "invalid_request_error",
                    "response_not_found",
                    "response_id",
                    $"Response with id '{id}' not found: this server keeps no responses."))
            .ExcludeFromDescription();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = ResponsesRequest.Read(await RequestFields.ReadAsync(context.Request, context.RequestAborted), models);
        await using var run = await runs.StartAsync(context, request.Order, context.RequestAborted);
        var answer = new ResponseAnswer(request.Echo)
        {
            Id = $"resp_{run.JobId}",
            CreatedAt = time.GetUtcNow().ToUnixTimeSeconds(),
            Status = "in_progress",
            Model = request.Model,
            Output = []
        };
        if (request.Streams)
        {
            await StreamAsync(context, run, request, answer);
            return;
        }

        var writer = new ResponseWriter(run.JobId, (_, _) => Task.CompletedTask);
        var sample = await FollowAsync(run, run.UpdatesAsync(context.RequestAborted), request with { PartialImages = 0 }, writer);
        await context.Response.WriteAsJsonAsync(Completed(answer, writer, sample), OpenAIJson.Options, context.RequestAborted);
    }

    private async Task StreamAsync(HttpContext context, ProtocolRun run, ResponsesRequest request, ResponseAnswer answer)
    {
        using var stream = await EventStream.BeginAsync(context, OpenAIJson.Options, time);
        var number = 0;
        var writer = new ResponseWriter(run.JobId, TellAsync);
        try
        {
            await TellAsync("response.created", Of(answer));
            await TellAsync("response.in_progress", Of(answer));
            var sample = await FollowAsync(run, stream.KeepingAliveAsync(run.UpdatesAsync(context.RequestAborted)), request, writer);
            await TellAsync("response.completed", Of(Completed(answer, writer, sample)));
        }
        catch (Exception failure) when (OpenAIErrors.TryRead(failure, out var refused))
        {
            var code = string.Equals(refused.Error.Type, "server_error", StringComparison.Ordinal) ? "server_error" : "invalid_prompt";
            await TellAsync("response.failed", Of(answer with { Status = "failed", Output = writer.Output, Error = new(code, refused.Message) }));
        }

        Task TellAsync(string type, Dictionary<string, object> members)
        {
            members["type"] = type;
            members["sequence_number"] = number++;
            return stream.WriteAsync(type, members);
        }
    }

    private static async Task<SampleUpdate> FollowAsync(ProtocolRun run, IAsyncEnumerable<RunUpdate> updates, ResponsesRequest request, ResponseWriter writer)
    {
        SampleUpdate? sample = null;
        var drafts = 0;
        await foreach (var update in updates)
        {
            switch (update)
            {
                case ThoughtUpdate thought:
                    await writer.ThinkAsync(thought.Text);
                    break;
                case CallUpdate:
                    await writer.CallAsync();
                    break;
                case ImageUpdate { Image: var image } when drafts < request.PartialImages:
                    drafts++;
                    await writer.DraftAsync(await EncodeAsync(run, image, request));
                    break;
                case SampleUpdate over:
                    sample = over;
                    break;
                default:
                    break;
            }
        }

        if (sample is not { Image: not null } and not { Declined: true }) throw RunFailure.Of(sample is null ? [] : [sample]);
        var made = sample.Image is { } final
            ? new ImageCallItem(string.Empty, "completed", await EncodeAsync(run, final, request))
            {
                RevisedPrompt = final.Prompt,
                Size = string.Create(CultureInfo.InvariantCulture, $"{final.Width}x{final.Height}"),
                OutputFormat = request.Format.Name,
            }
            : null;
        await writer.EndAsync(made, sample.Answer ?? string.Empty);
        return sample;
    }

    private static async Task<string> EncodeAsync(ProtocolRun run, RunImage image, ResponsesRequest request) =>
        Convert.ToBase64String(request.Format.Encode(await run.ReadAsync(image), image.MediaType, request.Compression).Span);

    private static ResponseAnswer Completed(ResponseAnswer answer, ResponseWriter writer, SampleUpdate sample) =>
        answer with { Status = "completed", Output = writer.Output, Usage = ResponseUsage.Of(sample.Tokens) };

    private static Dictionary<string, object> Of(ResponseAnswer answer) => new(StringComparer.Ordinal) { ["response"] = answer };
}
