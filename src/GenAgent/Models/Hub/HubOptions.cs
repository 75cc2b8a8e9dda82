using System.Text;

namespace GenAgent.Models.Hub;

/// <summary>The hub's address, the cache's folder, and the retry settings.</summary>
public sealed record HubOptions
{
    /// <summary>The hub's address; <c>HF_ENDPOINT</c>.</summary>
    public Uri Endpoint { get; init; } = new("https://huggingface.co");

    /// <summary>The cache's folder, shared with the hub's other programs; <c>HF_HUB_CACHE</c>, else <c>HF_HOME/hub</c>.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>The access token, only sent to the hub's own host; <c>HF_TOKEN</c>, else the file <c>HF_HOME/token</c>.</summary>
    public string? Token { get; init; }

    /// <summary>Whether to work offline; <c>HF_HUB_OFFLINE</c>.</summary>
    public bool Offline { get; init; }

    /// <summary>Number of retries without progress, 0 or more.</summary>
    public int MaxRetries { get; init; } = 5;

    /// <summary>The delay before the first retry; doubles each time, up to half a minute. A server's Retry-After takes precedence.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest accepted Retry-After.</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a connection may be silent before it is closed.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Number of concurrent downloads, 1 or more.</summary>
    public int Parallelism { get; init; } = 4;

    /// <summary>Reads the options from the hub's usual environment variables.</summary>
    /// <param name="environment">Looks up a variable; <see cref="Environment.GetEnvironmentVariable(string)"/> outside of tests.</param>
    /// <returns>The options.</returns>
    /// <exception cref="ArgumentException"><c>HF_ENDPOINT</c> is no http address.</exception>
    public static HubOptions FromEnvironment(Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        string? Get(string name) => environment(name) is { Length: > 0 } value ? value : null;
        var profile = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var home = Get("HF_HOME") ?? Path.Combine(Get("XDG_CACHE_HOME") ?? Path.Combine(profile, ".cache"), "huggingface");
        var tokenFile = Get("HF_TOKEN_PATH") ?? Path.Combine(home, "token");
        var options = new HubOptions
        {
            CacheFolder = Path.GetFullPath(Get("HF_HUB_CACHE") ?? Get("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(home, "hub")),
            Token = KeyText.Of(Get("HF_TOKEN"), "HF_TOKEN") ?? (File.Exists(tokenFile) ? KeyText.Of(File.ReadAllText(tokenFile), tokenFile) : null),
            Offline = Get("HF_HUB_OFFLINE")?.ToUpperInvariant() is "1" or "TRUE" or "YES" or "ON",
        };
        if (Get("HF_ENDPOINT") is not { } endpoint)
        {
            return options;
        }

        return Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? options with { Endpoint = uri }
            : throw new ArgumentException($"HF_ENDPOINT is \"{endpoint}\": an http or https address expected.", nameof(environment));
    }

    // The token stays out of logs and messages.
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("Endpoint = ")
            .Append(Endpoint)
            .Append(", CacheFolder = ")
            .Append(CacheFolder)
            .Append(", Token = ")
            .Append(Token is null ? "none" : "***");
        return true;
    }
}
