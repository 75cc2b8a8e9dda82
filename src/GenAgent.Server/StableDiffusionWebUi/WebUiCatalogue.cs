using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GenAgent.Server.StableDiffusionWebUi;

/// <summary>What front ends ask an AUTOMATIC1111 server for when they start: its models, and lists of things that an agent has none of.</summary>
internal static class WebUiCatalogue
{
    private static readonly string[] EmptyLists =
        ["upscalers", "latent-upscale-modes", "sd-vae", "sd-modules", "hypernetworks", "face-restorers", "realesrgan-models", "prompt-styles", "loras",
            "extensions", "script-info"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/sd-models", (WebUiModels models) => WebUiJson.Of(models.Checkpoints))
            .WithSummary("Lists the agents as checkpoints (AUTOMATIC1111's API)");
        routes.MapGet("/options", (WebUiModels models) => WebUiJson.Of(Options(models))).ExcludeFromDescription();
        routes.MapPost("/options", (Delegate)SetAsync).ExcludeFromDescription();
        routes.MapGet("/samplers", () => WebUiJson.Of(new[] { new { name = WebUiModels.Sampler, aliases = Array.Empty<string>(), options = new { } } }))
            .ExcludeFromDescription();
        routes.MapGet(
            "/schedulers",
            () => WebUiJson.Of(
                new[] { new { name = "automatic", label = "Automatic", aliases = Array.Empty<string>(), default_rho = -1.0, need_inner_model = false } }))
                    .ExcludeFromDescription();
        routes.MapGet("/embeddings", () => WebUiJson.Of(new { loaded = new { }, skipped = new { } })).ExcludeFromDescription();
        routes.MapGet("/scripts", () => WebUiJson.Of(new { txt2img = Array.Empty<string>(), img2img = Array.Empty<string>() })).ExcludeFromDescription();
        routes.MapGet("/cmd-flags", () => WebUiJson.Of(new { api = true, nowebui = true })).ExcludeFromDescription();
        routes.MapGet("/memory", () => WebUiJson.Of(new { ram = new { }, cuda = new { } })).ExcludeFromDescription();
        foreach (var list in EmptyLists) routes.MapGet($"/{list}", () => WebUiJson.Of(Array.Empty<object>())).ExcludeFromDescription();
        foreach (var order in (string[])["refresh-checkpoints", "refresh-vae", "refresh-loras", "refresh-embeddings", "unload-checkpoint", "reload-checkpoint"])
        {
            routes.MapPost($"/{order}", () => WebUiJson.Of(new { })).ExcludeFromDescription();
        }
    }

    private static object Options(WebUiModels models) => new
    {
        sd_model_checkpoint = models.Default,
        sd_checkpoint_hash = string.Empty,
        sd_vae = "None",
        samples_format = "png",
        CLIP_stop_at_last_layers = 1,
        show_progress_every_n_steps = 1,
        live_previews_enable = true,
    };

    // Requests of others must not change what this one's answers are made by: a model that is not the default's is refused, all else has no meaning here.
    private static async Task<IResult> SetAsync(HttpContext context, WebUiModels models)
    {
        var body = await WebUiErrors.ReadAsync(context);
        if (body.ValueKind != JsonValueKind.Object) throw new WebUiException("body", "Input should be a valid dictionary");
        return new WebUiFields(body).Text("sd_model_checkpoint") is { Length: > 0 } named && !string.Equals(named, models.Default, StringComparison.Ordinal)
            ? throw new WebUiException(
                "sd_model_checkpoint",
                $"The model of a server is not changed by a request: name one with each, in override_settings (the default is \"{models.Default}\")")
            : WebUiJson.Of(null);
    }
}
