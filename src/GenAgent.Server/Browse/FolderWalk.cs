namespace GenAgent.Server.Browse;

/// <summary>Finds folders that hold a file of some name. Folders of images are passed over: they have thousands of entries, and no runs.</summary>
internal static class FolderWalk
{
    private const int Deepest = 8;
    private const string Images = "images";

    /// <summary>The folders at and below a root, each once.</summary>
    public static IEnumerable<string> Find(string root, IReadOnlyList<string> names)
    {
        var open = new Stack<(string Path, int Depth)>([(root, 0)]);
        while (open.TryPop(out var folder))
        {
            if (names.Any(name => File.Exists(Path.Combine(folder.Path, name)))) yield return folder.Path;
            if (folder.Depth == Deepest) continue;
            foreach (var below in Below(folder.Path)) open.Push((below, folder.Depth + 1));
        }
    }

    private static List<string> Below(string folder)
    {
        try
        {
            return [.. new DirectoryInfo(folder).EnumerateDirectories()
                .Where(below => !below.Attributes.HasFlag(FileAttributes.ReparsePoint) && below.Name is not Images && !below.Name.StartsWith('.'))
                    .Select(below => below.FullName)];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // Deleted meanwhile, or not ours to see.
            return [];
        }
    }
}
