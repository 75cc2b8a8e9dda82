using GenAgent.Models.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace GenAgent.Models;

/// <summary>What a backend is made from: its name, and what comes from outside.</summary>
/// <param name="Uri">The name, checked against its scheme.</param>
/// <param name="Configuration">Settings and secrets; the only place where secrets come from.</param>
public sealed record BackendContext(BackendUri Uri, IConfiguration Configuration)
{
    /// <summary>Where it logs to.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>The clock for waits and time limits.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The folder that relative paths in the name start from; null for the process's own.</summary>
    public string? BaseFolder { get; init; }

    /// <summary>The full path that a path in the name means; <c>~</c> at its start is the user's home.</summary>
    public string FullPath(string path)
    {
        var whole = path is "~" || path.StartsWith("~/", StringComparison.Ordinal)
            ? Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), path.AsSpan(1))
            : path;
        return BaseFolder is null ? Path.GetFullPath(whole) : Path.GetFullPath(whole, BaseFolder);
    }

    /// <summary>The value of a parameter of the name, or null.</summary>
    public string? Parameter(string name) => Uri.Parameters.GetValueOrDefault(name);

    /// <summary>Whether a parameter that is a flag is set; false where it is not given.</summary>
    /// <exception cref="BackendUriException">The value is neither true nor false.</exception>
    public bool Flag(string name) => Parameter(name) switch
    {
        null => false,
        var text when bool.TryParse(text, out var flag) => flag,
        var text => throw new BackendUriException($"\"{Uri}\": parameter \"{name}\" is \"{text}\"; it must be true or false."),
    };

    /// <summary>The address that a parameter of the name gives; null where it is not given.</summary>
    /// <exception cref="BackendUriException">The value is no http address, or holds a password.</exception>
    public Uri? Address(string name) => Parameter(name) switch
    {
        null => null,
        var text when System.Uri.TryCreate(text, UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", UserInfo.Length: 0 } => address,
        _ =>
            throw new BackendUriException(
                $"\"{Uri.Scheme}:{Uri.Endpoint}\": parameter \"{name}\" must be an address that starts with http:// or https://, without a password."),
    };

    /// <summary>
    /// The secret for this backend, or null: <c>Secrets:NAME</c> of the configuration where the backend is named with <c>?key=NAME</c>,
    /// else <c>Secrets:HOST</c> for a backend with an address, else <c>Secrets:SCHEME</c>.
    /// A secret of a scheme is never sent to an address that a name brings along.
    /// </summary>
    /// <exception cref="BackendUriException">The name asks for a secret that is not configured.</exception>
    public string? Secret()
    {
        if (Parameter("key") is { } name)
        {
            return Read(name) ?? throw new BackendUriException(
                $"\"{Uri}\" asks for the secret \"{name}\", which is not configured: set the environment variable GENAGENT_Secrets__{name}.");
        }

        return Read(Uri.Endpoint?.Host ?? Uri.Scheme);
    }

    /// <summary>Time limits, retries and sizes for calling servers: the section <c>Http</c> of the configuration, over the defaults.</summary>
    /// <exception cref="InvalidOperationException">A value cannot be read; the message names it.</exception>
    internal BackendHttpOptions HttpOptions() => Configuration.GetSection("Http").Get<BackendHttpOptions>() ?? new();

    private string? Read(string name) => Configuration[$"Secrets:{name}"] is { Length: > 0 } secret ? secret : null;
}
