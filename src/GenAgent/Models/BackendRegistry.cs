using GenAgent.Judging;
using GenAgent.Telemetry;
using GenAgent.Validation;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace GenAgent.Models;

/// <summary>
/// Creates chat clients, image generators and judges from their URIs. Register all schemes at start; after that it is safe to use from many tasks at once.
/// The caller owns and disposes the created objects. They never reveal the configured secrets (<c>Secrets:NAME</c>, <c>OPENAI_API_KEY</c>): a secret that a
/// server echoes is masked before anything else reads it.
/// </summary>
public sealed class BackendRegistry
{
    private readonly Dictionary<string, Entry<IChatClient>> _chat = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Entry<IImageGenerator>> _images = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Entry<IJudge>> _judges = new(StringComparer.Ordinal);
    private readonly IConfiguration _configuration;
    private readonly ILoggerFactory _loggerFactory;
    private readonly TimeProvider _timeProvider;
    private readonly string? _baseFolder;
    private readonly SecretMask _mask;

    /// <summary>Creates an empty registry.</summary>
    /// <param name="configuration">Settings and secrets for the backends.</param>
    /// <param name="loggerFactory">Creates the backends' loggers; by default nothing is logged.</param>
    /// <param name="timeProvider">The clock for waits and time limits; the system's by default.</param>
    /// <param name="baseFolder">The base folder of relative paths in URIs; by default the process's working folder.</param>
    public BackendRegistry(IConfiguration configuration, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null, string? baseFolder = null)
    {
        _configuration = configuration;
        _loggerFactory = loggerFactory ?? NullLoggerFactory.Instance;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _baseFolder = baseFolder;
        _mask = new(
            configuration.GetSection("Secrets").AsEnumerable().Select(pair => pair.Value).Append(ServerBackends.Customary(configuration)).OfType<string>());
    }

    /// <summary>Schemes of chat models, in the order in which they were added.</summary>
    public IReadOnlyList<BackendScheme> ChatSchemes => [.. _chat.Values.Select(entry => entry.Scheme)];

    /// <summary>Schemes of image generators, in the order in which they were added.</summary>
    public IReadOnlyList<BackendScheme> ImageSchemes => [.. _images.Values.Select(entry => entry.Scheme)];

    /// <summary>Schemes of judges that are no chat models, in the order in which they were added.</summary>
    public IReadOnlyList<BackendScheme> JudgeSchemes => [.. _judges.Values.Select(entry => entry.Scheme)];

    /// <summary>Adds a kind of chat model, and returns the same registry.</summary>
    /// <param name="scheme">The scheme.</param>
    /// <param name="factory">Creates the backend.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="ArgumentException">The scheme is already registered.</exception>
    public BackendRegistry AddChatClient(BackendScheme scheme, Func<BackendContext, CancellationToken, ValueTask<IChatClient>> factory)
    {
        _chat.Add(scheme.Name, new(scheme, factory));
        return this;
    }

    /// <summary>Adds a kind of image generator, and returns the same registry.</summary>
    /// <param name="scheme">The scheme.</param>
    /// <param name="factory">Creates the backend.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="ArgumentException">The scheme is already registered.</exception>
    public BackendRegistry AddImageGenerator(BackendScheme scheme, Func<BackendContext, CancellationToken, ValueTask<IImageGenerator>> factory)
    {
        _images.Add(scheme.Name, new(scheme, factory));
        return this;
    }

    /// <summary>Adds a kind of judge that is no chat model, and returns the same registry.</summary>
    /// <param name="scheme">The scheme.</param>
    /// <param name="factory">Creates the backend.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="ArgumentException">The scheme is already registered.</exception>
    public BackendRegistry AddJudge(BackendScheme scheme, Func<BackendContext, CancellationToken, ValueTask<IJudge>> factory)
    {
        _judges.Add(scheme.Name, new(scheme, factory));
        return this;
    }

    /// <summary>Whether a URI names a judge that is not a chat model; otherwise it may still name a chat model to use as judge.</summary>
    /// <param name="uri">The backend's URI.</param>
    /// <returns>True if it is a judge of its own.</returns>
    public bool IsJudge(string uri) => BackendUri.TryParse(uri, out var parsed, out _) && _judges.ContainsKey(parsed.Scheme);

    /// <summary>Creates the judge of a URI.</summary>
    /// <param name="uri">The backend's URI.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The judge.</returns>
    /// <exception cref="BackendUriException">The name cannot be read, or no judge has that scheme.</exception>
    public ValueTask<IJudge> CreateJudgeAsync(string uri, CancellationToken cancellationToken = default) =>
        CreateAsync(_judges, "judge", uri, cancellationToken);

    /// <summary>Creates the chat model of a URI. Loads local weights, but does not call a server yet.</summary>
    /// <param name="uri">The backend's URI.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The model; the caller disposes it.</returns>
    /// <exception cref="BackendUriException">The name cannot be read, or no chat model has that scheme.</exception>
    public async ValueTask<IChatClient> CreateChatClientAsync(string uri, CancellationToken cancellationToken = default)
    {
        var client = await CreateAsync(_chat, "chat model", uri, cancellationToken);
        return _mask.HasValues ? new MaskingChatClient(client, _mask) : client;
    }

    /// <summary>Creates the image generator of a URI. Loads local weights, but does not call a server yet.</summary>
    /// <param name="uri">The backend's URI.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The generator; the caller disposes it.</returns>
    /// <exception cref="BackendUriException">The name cannot be read, or no image generator has that scheme.</exception>
    public async ValueTask<IImageGenerator> CreateImageGeneratorAsync(string uri, CancellationToken cancellationToken = default)
    {
        var generator = await CreateAsync(_images, "image generator", uri, cancellationToken);
        return _mask.HasValues ? new MaskingImageGenerator(generator, _mask) : generator;
    }

    /// <summary>The folder of a chat model that runs in this process; nothing is loaded.</summary>
    /// <param name="uri">The backend's URI.</param>
    /// <returns>The folder's path.</returns>
    /// <exception cref="BackendUriException">The name cannot be read, or the model has no folder here: it is behind a server, or not pulled.</exception>
    public string FindChatModel(string uri) => FindFolder(_chat, "chat model", uri);

    /// <summary>The folder of an image generator that runs in this process; nothing is loaded.</summary>
    /// <param name="uri">The backend's URI.</param>
    /// <returns>The folder's path.</returns>
    /// <exception cref="BackendUriException">The name cannot be read, or the model has no folder here: it is behind a server, or not pulled.</exception>
    public string FindImageModel(string uri) => FindFolder(_images, "image generator", uri);

    private string FindFolder<T>(Dictionary<string, Entry<T>> entries, string kind, string text)
    {
        var (entry, context) = Find(entries, kind, text);
        return entry.Scheme.FindFolder?.Invoke(context)
            ?? throw new BackendUriException($"\"{context.Uri}\": a {kind} of the scheme \"{entry.Scheme.Name}\" has no folder on this machine.");
    }

    private ValueTask<T> CreateAsync<T>(Dictionary<string, Entry<T>> entries, string kind, string text, CancellationToken cancellationToken)
    {
        var (entry, context) = Find(entries, kind, text);
        return OpenAsync(entry, context, cancellationToken);
    }

    private (Entry<T> Entry, BackendContext Context) Find<T>(Dictionary<string, Entry<T>> entries, string kind, string text)
    {
        if (!BackendUri.TryParse(text, out var uri, out var error))
        {
            throw new BackendUriException($"{error} {Known(entries, kind)}");
        }

        if (!entries.TryGetValue(uri.Scheme, out var entry))
        {
            throw new BackendUriException(
                $"\"{uri}\": no {kind} has the scheme \"{uri.Scheme}\".{Spelling.Hint(uri.Scheme, entries.Keys)} {Known(entries, kind)}");
        }

        if (entry.Scheme.Check(uri) is { } wrong)
        {
            throw new BackendUriException(wrong);
        }

        return (entry, new BackendContext(uri, _configuration) { LoggerFactory = _loggerFactory, TimeProvider = _timeProvider, BaseFolder = _baseFolder });
    }

    // An invalid model folder or workflow file is treated like an invalid URI: the same call fails again.
    private static async ValueTask<T> OpenAsync<T>(Entry<T> entry, BackendContext context, CancellationToken cancellationToken)
    {
        try
        {
            return await entry.Factory(context, cancellationToken);
        }
        catch (InvalidDataException wrong)
        {
            throw new BackendUriException($"\"{context.Uri}\": {wrong.Message}", wrong);
        }
    }

    private static string Known<T>(Dictionary<string, Entry<T>> entries, string kind) =>
        $"Known for a{(kind[0] == 'i' ? "n" : string.Empty)} {kind}: {string.Join(", ", entries.Values.Select(entry => entry.Scheme.Example))}.";

    private sealed record Entry<T>(BackendScheme Scheme, Func<BackendContext, CancellationToken, ValueTask<T>> Factory);
}
