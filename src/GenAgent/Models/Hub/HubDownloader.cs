using GenAgent.Models.Http;

namespace GenAgent.Models.Hub;

/// <summary>Downloads models into the hub's standard cache, which other programs share. Safe to use from several threads and processes.</summary>
public sealed class HubDownloader : IDisposable
{
    private readonly HubOptions _options;
    private readonly HttpMessageInvoker _http;
    private readonly HubClient _client;
    private readonly HubRetry _retry;
    private readonly BlobDownload _blobs;

    /// <summary>Creates a downloader.</summary>
    /// <param name="options">Source and target.</param>
    /// <param name="timeProvider">Measures waits and silence.</param>
    /// <param name="handler">The network handler, owned by the caller; it must not follow redirects. Null for a default handler.</param>
    public HubDownloader(HubOptions options, TimeProvider? timeProvider = null, HttpMessageHandler? handler = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxRetries, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Parallelism, 1, nameof(options));
        _options = options;
        var guard = new GuardedConnection(options.Endpoint) { Proxy = HttpClient.DefaultProxy };
        _http = new HttpMessageInvoker(handler ?? CreateHandler(guard), disposeHandler: handler is null);
        _client = new HubClient(_http, options, timeProvider ?? TimeProvider.System, guard);
        _retry = new HubRetry(options, timeProvider ?? TimeProvider.System);
        _blobs = new BlobDownload(_client, options, timeProvider ?? TimeProvider.System);
    }

    /// <summary>Downloads a model's files, or those that match; existing files are skipped, and partial downloads resume.</summary>
    /// <param name="model">The repository and revision.</param>
    /// <param name="include">Patterns such as <c>*.json</c> or <c>transformer/</c>; empty for all files.</param>
    /// <param name="exclude">Patterns of files to leave out.</param>
    /// <param name="progress">Receives the progress of each file, from several threads.</param>
    /// <param name="cancellationToken">Stops; downloaded data is kept.</param>
    /// <returns>The folder, and what was downloaded now.</returns>
    /// <exception cref="HubAccessException">The model is private or gated.</exception>
    /// <exception cref="HubNotFoundException">There is no such model or revision, or no file matches.</exception>
    /// <exception cref="HubUnavailableException">The hub cannot be reached, or the options say offline.</exception>
    /// <exception cref="HubIntegrityException">A file arrived with a wrong content, twice.</exception>
    /// <exception cref="IOException">The cache cannot be written, or the disk is full.</exception>
    public async Task<HubPull> PullAsync(
        HubModel model,
        IReadOnlyList<string>? include = null,
        IReadOnlyList<string>? exclude = null,
        IProgress<HubProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (_options.Offline)
        {
            throw new HubUnavailableException($"{model}: HF_HUB_OFFLINE is set, so nothing is loaded.");
        }

        var (commit, all) = await _retry.RunAsync(() => _client.DescribeAsync(model, cancellationToken), () => 0, cancellationToken);
        var files = Choose(model, all, include ?? [], exclude ?? []);
        var snapshot = new HubSnapshot(_options.CacheFolder, model, commit);
        var downloaded = 0L;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = _options.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(files, parallel, async (file, token) =>
        {
            Interlocked.Add(ref downloaded, await _blobs.RunAsync(model, commit, file, progress, token));
            snapshot.Link(file);
        });
        snapshot.WriteReference();
        return new HubPull(snapshot.Folder, commit, files, downloaded);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static List<HubFile> Choose(HubModel model, IReadOnlyList<HubFile> all, IReadOnlyList<string> include, IReadOnlyList<string> exclude)
    {
        var wanted = include.Select(pattern => new FilePattern(pattern)).ToList();
        var unwanted = exclude.Select(pattern => new FilePattern(pattern)).ToList();
        var files = all
            .Where(
                file => (wanted.Count == 0 || wanted.Exists(pattern => pattern.Matches(file.Path))) && !unwanted.Exists(pattern => pattern.Matches(file.Path)))
            .ToList();
        return files.Count > 0
            ? files
            : throw new HubNotFoundException(
                $"{model}: none of its {all.Count} files matches: "
                    + $"{string.Join(", ", all.Take(10).Select(file => file.Path))}{(all.Count > 10 ? ", ..." : "")}.");
    }

    private static SocketsHttpHandler CreateHandler(GuardedConnection guard) => new()
    {
        ConnectCallback = guard.ConnectAsync,
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(30),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };
}
