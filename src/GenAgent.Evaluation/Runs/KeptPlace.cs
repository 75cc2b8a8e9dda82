using GenAgent.Trajectories;

namespace GenAgent.Evaluation.Runs;

/// <summary>Places of images in an evaluation's folder: below it, below <c>made</c>, or below <c>trajectories</c>; nothing else is one.</summary>
internal static class KeptPlace
{
    private static readonly string[] Folders = ["made/", "trajectories/"];

    /// <summary>What a sample says of its images' places: the first that is none, else that of its final image.</summary>
    public static string? Of(Sample sample) =>
        sample.Attempts.Select(a => Inner(a.Image)).OfType<string>().FirstOrDefault(place => !ImageReference.IsPath(place)) ?? Inner(sample.Image);

    /// <summary>A place without the folder that it lies in; null for none.</summary>
    public static string? Inner(string? place) =>
        place is not null && Folders.FirstOrDefault(f => place.StartsWith(f, StringComparison.Ordinal)) is { } folder ? place[folder.Length..] : place;
}
