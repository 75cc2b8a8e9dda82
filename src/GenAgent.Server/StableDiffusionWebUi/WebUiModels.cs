using System.Text.Json;
using GenAgent.Server.OpenAI;

namespace GenAgent.Server.StableDiffusionWebUi;

/// <summary>The agents, as AUTOMATIC1111 names checkpoints.</summary>
internal sealed class WebUiModels(ServedModels models)
{
    /// <summary>The one sampler: how the agent paints is the agent's affair.</summary>
    public const string Sampler = "Agent";

    public string Default => models.All[0].Id;

    /// <summary>The answer of <c>sd-models</c>.</summary>
    public IEnumerable<object> Checkpoints => models.All.Select(model => new
    {
        title = model.Id,
        model_name = model.Id,
        hash = (string?)null,
        sha256 = (string?)null,
        filename = model.Id,
        config = (string?)null,
    });

    /// <summary>The agent that a body names; null for the default, also where it names one of another server.</summary>
    public string? Choose(JsonElement body) =>
        body.TryGetProperty("override_settings", out var settings) && settings.ValueKind == JsonValueKind.Object
        && settings.TryGetProperty("sd_model_checkpoint", out var named) && named.ValueKind == JsonValueKind.String
        && named.GetString() is { Length: > 0 } name
            ? models.TryChoose(name, out var agent)
                ? agent
                : throw new WebUiException(
                    "override_settings", $"There is no model \"{(name.Length > 80 ? name[..80] : name)}\": GET /sdapi/v1/sd-models lists those of this server")
            : null;
}
