using System.Globalization;
using GenAgent.Server.Http;
using GenAgent.Server.Jobs;
using GenAgent.Server.Protocols;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GenAgent.Server.OpenAI;

/// <summary><c>POST /v1/images/generations</c> and <c>/v1/images/edits</c>, streamed or not.</summary>
internal sealed class ImagesEndpoints(ProtocolRuns runs, ServedModels models, TimeProvider time)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/images/generations", (HttpContext context, ImagesEndpoints images) => images.GenerateAsync(context))
            .WithSummary("Makes images (OpenAI images API)");
        routes.MapPost("/images/edits", (HttpContext context, ImagesEndpoints images) => images.EditAsync(context))
            .WithSummary("Edits images (OpenAI images API)").DisableAntiforgery();
    }

    private async Task GenerateAsync(HttpContext context)
    {
        var fields = await RequestFields.ReadAsync(context.Request, context.RequestAborted);
        await AnswerAsync(context, ImagesRequest.Read(fields, [], models.Choose(fields)), "image_generation");
    }

    private async Task EditAsync(HttpContext context)
    {
        var fields = await RequestFields.ReadAsync(context.Request, context.RequestAborted);
        var images = await InputImages.OfEditAsync(fields, context.RequestAborted);
        await AnswerAsync(context, ImagesRequest.Read(fields, images, models.Choose(fields)), "image_edit");
    }

    private async Task AnswerAsync(HttpContext context, ImagesRequest request, string kind)
    {
        await using var run = await runs.StartAsync(context, request.Order, context.RequestAborted);
        if (request.Streams)
        {
            await StreamAsync(context, run, request, kind);
            return;
        }

        var samples = await run.SamplesAsync(context.RequestAborted);
        var made = samples.Where(sample => sample.Image is not null).ToList();
        if (made.Count == 0) throw RunFailure.Of(samples);
        var items = new List<ImagesItem>();
        foreach (var sample in made)
        {
            items.Add(new(
                request.AsUrl ? null : await EncodeAsync(run, sample.Image!, request),
                request.AsUrl ? ImageUrl(context.Request, sample.Image!) : null,
                sample.Image!.Prompt));
        }

        var tokens = samples.Aggregate(default(RunTokens), (sum, sample) => sum + sample.Tokens);
        var answer = new ImagesAnswer(Now(), items, request.Format.Name, SizeOf(made[0].Image!), ImagesUsage.Of(tokens));
        await context.Response.WriteAsJsonAsync(answer, OpenAIJson.Options, context.RequestAborted);
    }

    private async Task StreamAsync(HttpContext context, ProtocolRun run, ImagesRequest request, string kind)
    {
        using var stream = await EventStream.BeginAsync(context, OpenAIJson.Options, time);
        var partial = new PartialImages(run, request.PartialImages, request.Format, request.Compression);
        var (failed, completed) = (new List<SampleUpdate>(), 0);
        try
        {
            await foreach (var update in stream.KeepingAliveAsync(run.UpdatesAsync(context.RequestAborted)))
            {
                if (await partial.OfAsync(update) is { } draft)
                {
                    await SendAsync(new($"{kind}.partial_image", draft.Base64, Now(), draft.Size, request.Format.Name) { PartialImageIndex = draft.Number });
                }

                if (update is not SampleUpdate sample) continue;
                if (sample.Image is not { } image)
                {
                    failed.Add(sample);
                    continue;
                }

                completed++;
                await SendAsync(new($"{kind}.completed", await EncodeAsync(run, image, request), Now(), SizeOf(image), request.Format.Name)
                {
                    Usage = ImagesUsage.Of(sample.Tokens),
                    RevisedPrompt = image.Prompt,
                });
            }

            if (completed == 0) throw RunFailure.Of(failed);
        }
        catch (Exception failure) when (OpenAIErrors.TryRead(failure, out var refused))
        {
            await stream.WriteAsync("error", new { type = "error", error = OpenAIErrors.BodyOf(refused, context).Error });
        }

        Task SendAsync(ImagesEvent happened) => stream.WriteAsync(happened.Type, happened);
    }

    private static async Task<string> EncodeAsync(ProtocolRun run, RunImage image, ImagesRequest request)
    {
        var bytes = await run.ReadAsync(image);
        return Convert.ToBase64String(request.Format.Encode(bytes, image.MediaType, request.Compression).Span);
    }

    private static string ImageUrl(HttpRequest request, RunImage image) => $"{request.Scheme}://{request.Host}{request.PathBase}{JobEvents.ImageUrl(image.Id)}";

    private static string SizeOf(RunImage image) => string.Create(CultureInfo.InvariantCulture, $"{image.Width}x{image.Height}");

    private long Now() => time.GetUtcNow().ToUnixTimeSeconds();
}
