using GenAgent.Server.Images;
using GenAgent.Server.Protocols;
using GenAgent.Server.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GenAgent.Server.StableDiffusionWebUi;

/// <summary>AUTOMATIC1111's <c>txt2img</c>, <c>img2img</c>, <c>progress</c> and <c>interrupt</c>.</summary>
internal sealed class WebUiEndpoints(ProtocolRuns runs, WebUiModels models, WebUiProgress progress, TimeProvider time)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/txt2img", (HttpContext context, WebUiEndpoints webUi) => webUi.MakeAsync(context, edits: false))
            .WithSummary("Makes images (AUTOMATIC1111's API)");
        routes.MapPost("/img2img", (HttpContext context, WebUiEndpoints webUi) => webUi.MakeAsync(context, edits: true))
            .WithSummary("Edits images (AUTOMATIC1111's API)");
        routes.MapGet(
            "/progress",
            (HttpContext context, bool? skip_current_image, WebUiEndpoints webUi) => webUi.ProgressAsync(context, skip_current_image == true)).WithSummary(
            "Tells how far the requests of this API are");
        routes.MapPost("/interrupt", (HttpContext context, WebUiEndpoints webUi) => webUi.InterruptAsync(context))
            .WithSummary("Stops the requests of this API");
        routes.MapPost("/skip", (HttpContext context, WebUiEndpoints webUi) => webUi.InterruptAsync(context)).ExcludeFromDescription();
    }

    /// <summary>What clients ask to learn whether a request of theirs is the one under way; it lies beside the API.</summary>
    public static void MapTasks(IEndpointRouteBuilder routes) =>
        routes.MapPost("/internal/progress", (HttpContext context, WebUiEndpoints webUi) => webUi.TaskAsync(context)).ExcludeFromDescription();

    private async Task<IResult> TaskAsync(HttpContext context)
    {
        var asked = new WebUiFields(await WebUiErrors.ReadAsync(context)).Text("id_task");
        var task = progress.Of(Caller.Of(context).Owner).FirstOrDefault(one => string.Equals(one.Id, asked, StringComparison.Ordinal));
        return WebUiJson.Of(new
        {
            active = task is not null,
            queued = false,
            completed = false,
            progress = task?.Fraction,
            eta = (double?)null,
            live_preview = (string?)null,
            id_live_preview = -1,
            textinfo = task?.Last?.Stage,
        });
    }

    private async Task<IResult> MakeAsync(HttpContext context, bool edits)
    {
        var request = WebUiRequest.Read(await WebUiErrors.ReadAsync(context), edits, models);
        await using var run = await runs.StartAsync(context, request.Order, context.RequestAborted);
        using var task = progress.Begin(request.TaskId ?? run.JobId, Caller.Of(context).Owner, request.Order.Count, run.CancelAsync);
        var samples = await run.SamplesAsync(context.RequestAborted, update =>
        {
            task.Tell(update);
            return Task.CompletedTask;
        });
        var made = samples.Where(sample => sample.Image is not null).ToList();
        if (made.Count == 0 && !task.IsInterrupted)
        {
            return WebUiErrors.Failed((samples is [var first, ..] ? first.Error : null) ?? "the job ended before it began");
        }

        var images = new List<string>();
        foreach (var sample in made.Where(_ => request.SendsImages))
        {
            var text = WebUiInfo.Text(request, sample, models.Default);
            images.Add(Convert.ToBase64String(
                PngText.With(ImageFormat.Png.Encode(await run.ReadAsync(sample.Image!), sample.Image!.MediaType, 100).Span, "parameters", text)));
        }

        var info = WebUiJson.Text(WebUiInfo.Of(request, made, models.Default, time.GetLocalNow()));
        return WebUiJson.Of(new { images, parameters = request.Parameters, info });
    }

    private async Task<IResult> ProgressAsync(HttpContext context, bool withoutImage)
    {
        var tasks = progress.Of(Caller.Of(context).Owner);
        var first = tasks.Count > 0 ? tasks[0] : null;
        var image = first?.Image is { } shown && !withoutImage ? Convert.ToBase64String((await runs.ReadAsync(shown.Id)).Span) : null;
        return WebUiJson.Of(new
        {
            progress = first?.Fraction ?? 0.0,
            eta_relative = 0.0,
            state = new
            {
                skipped = false,
                interrupted = first?.IsInterrupted ?? false,
                stopping_generation = false,
                job = first?.Id ?? string.Empty,
                job_count = tasks.Count,
                job_timestamp = time.GetLocalNow().ToString("yyyyMMddHHmmss", System.Globalization.CultureInfo.InvariantCulture),
                job_no = first?.SamplesDone ?? 0,
                sampling_step = first?.Last?.Step ?? 0,
                sampling_steps = first?.Last?.Steps ?? 0,
            },
            current_image = image,
            textinfo = first?.Last?.Stage,
        });
    }

    private async Task<IResult> InterruptAsync(HttpContext context)
    {
        foreach (var task in progress.Of(Caller.Of(context).Owner)) await task.InterruptAsync();
        return WebUiJson.Of(new { });
    }
}
