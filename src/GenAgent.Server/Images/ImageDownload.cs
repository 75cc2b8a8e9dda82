using System.Globalization;
using System.Text;
using GenAgent.Hosting.Runs;
using GenAgent.Server.Browse;
using GenAgent.Trajectories;
using SkiaSharp;

namespace GenAgent.Server.Images;

/// <summary>An image to download: PNG with the text chunk <c>parameters</c>.</summary>
/// <param name="Png">The file.</param>
/// <param name="FileName">Its name.</param>
internal sealed record ImageDownload(byte[] Png, string FileName)
{
    /// <summary>The image with what made it; null if there is none of that id.</summary>
    public static async Task<ImageDownload?> ReadAsync(TrajectoryIndex index, string id, CancellationToken cancellationToken)
    {
        if (await index.ReadImageAsync(id, cancellationToken) is not { } image) return null;
        var png = image.MediaType is "image/png" ? image.Data.ToArray() : Convert(image.Data.Span);
        var owner = (await index.CurrentAsync(cancellationToken)).Images.GetValueOrDefault(id)?.Trajectory;
        if (owner is null || await index.ReadAsync(owner, cancellationToken) is not { } trajectory) return new(png, $"{id[..12]}.png");
        return new(PngText.With(png, "parameters", Parameters(trajectory, id)), $"{FileNames.Slug(trajectory.Prompt)}-{id[..8]}.png");
    }

    // The order and the names that readers of A1111's files look for: the prompt, the negative prompt, and a line of settings.
    private static string Parameters(Trajectory trajectory, string id)
    {
        var (round, image) = trajectory.Rounds.SelectMany(one => one.Images.Select(shown => (one, shown)))
            .FirstOrDefault(pair => string.Equals(pair.shown.Id, id, StringComparison.Ordinal));
        var made = round?.Generation;
        var text = new StringBuilder(made?.Prompt ?? trajectory.Prompt);
        if (made?.NegativePrompt is { } negative) text.Append("\nNegative prompt: ").Append(negative);
        var settings = new List<string>();
        if (made?.Steps is { } steps) settings.Add(string.Create(CultureInfo.InvariantCulture, $"Steps: {steps}"));
        if (made?.GuidanceScale is { } scale) settings.Add(string.Create(CultureInfo.InvariantCulture, $"CFG scale: {scale}"));
        if ((image?.Seed ?? image?.RequestedSeed) is { } seed) settings.Add(string.Create(CultureInfo.InvariantCulture, $"Seed: {seed}"));
        if (image is not null) settings.Add(string.Create(CultureInfo.InvariantCulture, $"Size: {image.Width}x{image.Height}"));
        settings.Add($"Model: {trajectory.Generator.Name}");
        settings.Add($"Agent: {trajectory.Model.Name}");
        settings.Add($"Trajectory: {trajectory.Id}");
        settings.Add("Version: GenAgent");
        return text.Append('\n').AppendJoin(", ", settings).ToString();
    }

    private static byte[] Convert(ReadOnlySpan<byte> image)
    {
        using var bitmap = SKBitmap.Decode(image);
        using var encoded = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return encoded.ToArray();
    }
}
