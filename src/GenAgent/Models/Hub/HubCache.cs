namespace GenAgent.Models.Hub;

/// <summary>One revision of a model in the cache.</summary>
/// <param name="Commit">Its commit's hash.</param>
/// <param name="References">The branches and tags that pointed to it when it was pulled.</param>
/// <param name="Folder">The snapshot's folder.</param>
/// <param name="Files">Its files; a hash is empty if the file is not a link into the blobs.</param>
public sealed record CachedRevision(string Commit, IReadOnlyList<string> References, string Folder, IReadOnlyList<HubFile> Files);

/// <summary>A model in the cache.</summary>
/// <param name="Model">The repository.</param>
/// <param name="Revisions">Its revisions.</param>
/// <param name="Size">Bytes on disk, files shared by revisions counted once.</param>
/// <param name="Incomplete">Incomplete downloads.</param>
public sealed record CachedModel(HubModel Model, IReadOnlyList<CachedRevision> Revisions, long Size, IReadOnlyList<string> Incomplete);

/// <summary>Reads, checks and empties the hub's cache on this machine. Uses no network.</summary>
public sealed class HubCache
{
    private const string IncompleteEnding = ".incomplete";

    private readonly string _folder;

    /// <summary>Opens a cache; its folder need not exist.</summary>
    /// <param name="folder">The folder.</param>
    public HubCache(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        _folder = folder;
    }

    /// <summary>All models, by name.</summary>
    /// <returns>The models, whole or not.</returns>
    public IReadOnlyList<CachedModel> List() =>
        !Directory.Exists(_folder)
            ? []
            : [.. Directory.EnumerateDirectories(_folder)
                .Select(folder => HubModel.FromFolderName(Path.GetFileName(folder)))
                .OfType<HubModel>()
                .OrderBy(model => model.Id, StringComparer.OrdinalIgnoreCase)
                .Select(Read)];

    /// <summary>A model; null if it is not in the cache.</summary>
    /// <param name="model">The model.</param>
    /// <returns>The model, or null.</returns>
    public CachedModel? Find(HubModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Directory.Exists(Repository(model)) ? Read(model) : null;
    }

    /// <summary>The folder of a model's revision; null if it was not pulled.</summary>
    /// <param name="model">The model.</param>
    /// <returns>The folder's path, or null.</returns>
    public string? FindSnapshot(HubModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var reference = Path.Combine(Repository(model), "refs", Path.Combine(model.Revision.Split('/')));
        var commit = File.Exists(reference) ? File.ReadAllText(reference).Trim() : model.Revision;
        if (commit.Length == 0 || !commit.All(char.IsAsciiLetterOrDigit))
        {
            return null;
        }

        var folder = Path.Combine(Repository(model), "snapshots", commit);
        return Directory.Exists(folder) ? folder : null;
    }

    /// <summary>Reads every file of a model and compares it to its hash.</summary>
    /// <param name="model">The model.</param>
    /// <param name="progress">Receives the progress; may be null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>One line per problem; empty if there is none.</returns>
    /// <exception cref="HubNotFoundException">The model is not in the cache.</exception>
    public async Task<IReadOnlyList<string>> VerifyAsync(HubModel model, IProgress<HubProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var cached = Required(model);
        var faults = new List<string>();
        faults.AddRange(cached.Incomplete.Select(name => $"{name}: its loading broke off; pull the model again."));
        var known = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var (revision, file) in cached.Revisions.SelectMany(revision => revision.Files.Select(file => (revision, file))))
        {
            var path = Path.Combine(revision.Folder, Path.Combine(file.Path.Split('/')));
            if (!(File.ResolveLinkTarget(path, returnFinalTarget: true)?.Exists ?? File.Exists(path)))
            {
                faults.Add($"{file.Path} of {revision.Commit}: the link points to a file that is not there; pull the model again.");
                continue;
            }

            if (!ContentHash.IsHash(file.Hash))
            {
                continue;
            }

            if (!known.TryGetValue(file.Hash, out var whole))
            {
                whole = await ContentHash.MatchesFileAsync(path, file.Hash, cancellationToken);
                known.Add(file.Hash, whole);
                progress?.Report(new HubProgress(file, file.Size));
            }

            if (!whole)
            {
                faults.Add($"{file.Path} of {revision.Commit}: its content is not what its hash {file.Hash} says; remove the model and pull it again.");
            }
        }

        return faults;
    }

    /// <summary>Removes a model with all its revisions.</summary>
    /// <param name="model">The model.</param>
    /// <returns>The number of freed bytes.</returns>
    /// <exception cref="HubNotFoundException">The model is not in the cache.</exception>
    public long Remove(HubModel model)
    {
        var cached = Required(model);
        Directory.Delete(Repository(model), recursive: true);
        var locks = Path.Combine(_folder, ".locks", model.FolderName);
        if (Directory.Exists(locks))
        {
            Directory.Delete(locks, recursive: true);
        }

        return cached.Size;
    }

    private CachedModel Required(HubModel model) =>
        Find(model) ?? throw new HubNotFoundException($"{model}: the cache in {_folder} has nothing of it.");

    private string Repository(HubModel model) => Path.Combine(_folder, model.FolderName);

    private CachedModel Read(HubModel model)
    {
        var repository = Repository(model);
        var references = FilesIn(Path.Combine(repository, "refs"))
            .Select(path => (Name: Path.GetRelativePath(Path.Combine(repository, "refs"), path).Replace('\\', '/'), Commit: File.ReadAllText(path).Trim()))
            .ToLookup(pair => pair.Commit, pair => pair.Name, StringComparer.Ordinal);
        var snapshots = Path.Combine(repository, "snapshots");
        var revisions = Directory.Exists(snapshots)
            ? Directory.EnumerateDirectories(snapshots).Order(StringComparer.Ordinal)
                .Select(folder => new CachedRevision(
                    Path.GetFileName(folder),
                    [.. references[Path.GetFileName(folder)].Order(StringComparer.Ordinal)],
                    folder,
                    [.. FilesIn(folder).Select(path => ReadFile(folder, path))]))
                .ToList()
            : [];
        var blobs = FilesIn(Path.Combine(repository, "blobs")).ToList();
        return new CachedModel(
            model,
            revisions,
            blobs.Sum(path => new FileInfo(path).Length)
                + revisions.SelectMany(revision => revision.Files).Where(file => file.Hash.Length == 0).Sum(file => file.Size),
            [.. blobs.Where(path => path.EndsWith(IncompleteEnding, StringComparison.Ordinal)).Select(path => Path.GetFileName(path))
                .Order(StringComparer.Ordinal)]);
    }

    private static HubFile ReadFile(string snapshot, string path)
    {
        var name = Path.GetRelativePath(snapshot, path).Replace('\\', '/');
        var target = File.ResolveLinkTarget(path, returnFinalTarget: false);
        var size = target is FileInfo blob ? (blob.Exists ? blob.Length : 0) : new FileInfo(path).Length;
        return new HubFile(name, target is null ? "" : target.Name, size);
    }

    private static IEnumerable<string> FilesIn(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal) : [];
}
