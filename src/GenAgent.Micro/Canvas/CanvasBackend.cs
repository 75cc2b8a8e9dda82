using System.Globalization;
using GenAgent.Micro.Canvas;

namespace GenAgent.Models;

/// <summary>Registers the procedural painter.</summary>
public static class CanvasBackend
{
    private static readonly BackendScheme Scheme = new(
        "canvas", BackendForm.NameOnly, "canvas",
        "The procedural painter: understands dense captions alone, and errs with ?drop=, ?merge= and ?recolor= in [0, 1]")
    {
        Parameters = ["drop", "merge", "recolor"],
    };

    /// <summary>Adds <c>canvas</c>, and returns the same registry.</summary>
    /// <param name="registry">The registry.</param>
    /// <returns>The registry that was given.</returns>
    public static BackendRegistry AddCanvas(this BackendRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return registry.AddImageGenerator(Scheme, (context, _) =>
        {
            var defaults = new CanvasOptions();
            return new(new CanvasGenerator(new()
            {
                DropRate = Rate(context, "drop") ?? defaults.DropRate,
                MergeRate = Rate(context, "merge") ?? defaults.MergeRate,
                RecolorRate = Rate(context, "recolor") ?? defaults.RecolorRate,
            }));
        });
    }

    private static double? Rate(BackendContext context, string name)
    {
        if (context.Parameter(name) is not { } text)
            return null;
        return double.TryParse(text, CultureInfo.InvariantCulture, out var rate) && rate is >= 0 and <= 1
            ? rate
            : throw new BackendUriException($"\"{context.Uri}\": {name}={text} is no probability in [0, 1].");
    }
}
