using GenAgent.Models.Http;
using GenAgent.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace GenAgent.Models;

/// <summary>The inputs for creating a backend: its URI, configuration, loggers and clock.</summary>
/// <param name="Uri">The name, checked against its scheme.</param>
/// <param name="Configuration">Settings and secrets; the only place where secrets come from.</param>
public sealed record BackendContext(BackendUri Uri, IConfiguration Configuration)
{
    /// <summary>Where it logs to.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>The clock for waits and time limits.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The base folder of relative paths in the URI; null for the process's working folder.</summary>
    public string? BaseFolder { get; init; }

    /// <summary>Resolves a path in the URI to a full path; a leading <c>~</c> is the user's home.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The absolute path.</returns>
    public string FullPath(string path)
    {
        var whole = HomePath.Expand(path);
        return BaseFolder is null ? Path.GetFullPath(whole) : Path.GetFullPath(whole, BaseFolder);
    }

    /// <summary>The value of a parameter of the name, or null.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The value, or null.</returns>
    public string? Parameter(string name) => Uri.Parameters.GetValueOrDefault(name);

    /// <summary>Whether a flag parameter is set; false if it is missing.</summary>
    /// <param name="name">The name.</param>
    /// <returns>True if it is set.</returns>
    /// <exception cref="BackendUriException">The value is neither true nor false.</exception>
    public bool Flag(string name) => Parameter(name) switch
    {
        null => false,
        var text when bool.TryParse(text, out var flag) => flag,
        var text => throw new BackendUriException($"\"{Uri}\": parameter \"{name}\" is \"{text}\"; it must be true or false."),
    };

    /// <summary>The address in a parameter; null if it is missing.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The address, or null.</returns>
    /// <exception cref="BackendUriException">The value is not an http address, or holds a password.</exception>
    public Uri? Address(string name) => Parameter(name) switch
    {
        null => null,
        var text when System.Uri.TryCreate(text, UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", UserInfo.Length: 0 } => address,
        _ =>
            throw new BackendUriException(
                $"\"{Uri.Scheme}:{Uri.Endpoint}\": parameter \"{name}\" must be an address that starts with http:// or https://, without a password."),
    };

    /// <summary>
    /// The secret for this backend, or null: <c>Secrets:NAME</c> of the configuration if the URI has <c>?key=NAME</c>, else <c>Secrets:HOST</c> for a
    /// backend with an address, else <c>Secrets:SCHEME</c>. A scheme's secret is never sent to an address given in a URI.
    /// </summary>
    /// <returns>The secret, or null.</returns>
    /// <exception cref="BackendUriException">The URI names a secret that is not configured.</exception>
    public string? Secret() => Secret(Uri.Endpoint);

    /// <inheritdoc cref="Secret()"/>
    /// <param name="endpoint">The server that it is for, of those in the URI; null for a backend without an address.</param>
    public string? Secret(Uri? endpoint)
    {
        if (Parameter("key") is { } name)
        {
            return Read(name) ?? throw new BackendUriException(
                $"\"{Uri}\" asks for the secret \"{name}\", which is not configured: set the environment variable GENAGENT_Secrets__{name}.");
        }

        return Read(endpoint?.Host ?? Uri.Scheme);
    }

    /// <summary>Time limits, retries and sizes for calling servers: the section <c>Http</c> of the configuration, over the defaults.</summary>
    /// <returns>The options.</returns>
    /// <exception cref="InvalidOperationException">A value cannot be read; the message names it.</exception>
    public BackendHttpOptions HttpOptions() => Configuration.GetSection("Http").Get<BackendHttpOptions>() ?? new();

    private string? Read(string name) => KeyText.Of(Configuration[$"Secrets:{name}"], $"Secrets:{name}");
}
