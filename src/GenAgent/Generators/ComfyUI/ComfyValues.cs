using Microsoft.Extensions.AI;

namespace GenAgent.Generators.ComfyUI;

/// <summary>A request's values by the names of a workflow's placeholders; missing values use the workflow's defaults.</summary>
internal static class ComfyValues
{
    public static Dictionary<string, object> From(ImageGenerationRequest request, ImageGenerationOptions? options, int batch)
    {
        var values = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["prompt"] = request.Prompt!,
            ["negative_prompt"] = options.GetNegativePrompt() ?? string.Empty,
            ["batch"] = (long)batch,
        };
        Add(values, "width", (long?)options?.ImageSize?.Width);
        Add(values, "height", (long?)options?.ImageSize?.Height);
        Add(values, "steps", (long?)options.GetSteps());
        Add(values, "guidance", options.GetGuidanceScale());
        Add(values, "strength", options.GetStrength());
        return values;
    }

    private static void Add<T>(Dictionary<string, object> values, string name, T? value)
        where T : struct
    {
        if (value is { } given)
        {
            values[name] = given;
        }
    }
}
