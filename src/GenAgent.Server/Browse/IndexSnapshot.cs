namespace GenAgent.Server.Browse;

/// <summary>The trajectories at one moment. Immutable.</summary>
/// <param name="Newest">Newest first.</param>
/// <param name="ById">By id; of those that a worker made twice, the first.</param>
/// <param name="Images">Where each image lies, by its id.</param>
internal sealed record IndexSnapshot(
    IReadOnlyList<IndexedTrajectory> Newest, IReadOnlyDictionary<string, IndexedTrajectory> ById, IReadOnlyDictionary<string, IndexedImage> Images)
{
    /// <summary>What filters may name.</summary>
    public TrajectoryFacets Facets { get; } = TrajectoryFacets.Of([.. Newest.Select(line => line.Summary)]);

    public static IndexSnapshot Empty { get; } =
        new([], new Dictionary<string, IndexedTrajectory>(StringComparer.Ordinal), new Dictionary<string, IndexedImage>(StringComparer.Ordinal));

    public static IndexSnapshot Of(IEnumerable<IndexedFolder> folders)
    {
        var byId = new Dictionary<string, IndexedTrajectory>(StringComparer.Ordinal);
        var images = new Dictionary<string, IndexedImage>(StringComparer.Ordinal);
        foreach (var folder in folders.OrderBy(folder => folder.Path, StringComparer.Ordinal))
        {
            foreach (var line in folder.Lines) byId.TryAdd(line.Summary.Id, line);
            foreach (var (id, image) in folder.Images) images.TryAdd(id, image);
        }

        return new([.. byId.Values.OrderByDescending(line => line.Summary.Created).ThenByDescending(line => line.Summary.Id, StringComparer.Ordinal)], byId,
            images);
    }
}
