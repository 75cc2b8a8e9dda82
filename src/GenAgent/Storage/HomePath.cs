namespace GenAgent.Storage;

/// <summary>Paths below the user's home as people write them where no shell reads them: in files, and behind the equals sign of a flag.</summary>
public static class HomePath
{
    /// <summary>The path with the user's home in the place of a leading <c>~</c>; a folder of that name is <c>./~</c>.</summary>
    /// <param name="path">A path.</param>
    /// <returns>The path.</returns>
    public static string Expand(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path is not "~" && !path.StartsWith("~/", StringComparison.Ordinal)) return path;
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length > 0 ? Path.Join(home, path.AsSpan(1)) : path;
    }
}
