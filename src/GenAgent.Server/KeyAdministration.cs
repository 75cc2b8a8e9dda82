using GenAgent.Hosting;
using GenAgent.Hosting.Configuration;
using GenAgent.Server.Security;
using GenAgent.Server.Storage;

namespace GenAgent.Server;

/// <summary>Makes, lists and revokes the API keys of a server, whether it runs or not.</summary>
public sealed class KeyAdministration : IAsyncDisposable
{
    private readonly Database _database;
    private readonly ApiKeys _keys;

    private KeyAdministration(Database database, ApiKeys keys) => (_database, _keys) = (database, keys);

    /// <summary>The names of scopes.</summary>
    public static IReadOnlyList<string> Scopes { get; } = [.. Enum.GetNames<KeyScopes>().Skip(1).Select(name => name.ToLowerInvariant())];

    /// <summary>Opens the database that the configuration's section <c>Server</c> names.</summary>
    /// <param name="host">The folder that paths start from, and the clock.</param>
    /// <param name="settings">The configuration.</param>
    /// <param name="cancellationToken">Stops the opening.</param>
    /// <returns>The keys; the caller disposes them.</returns>
    /// <exception cref="System.Data.Common.DbException">The database cannot be opened.</exception>
    public static async Task<KeyAdministration> OpenAsync(HostEnvironment host, Settings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(settings);
        var options = settings.Get<ServerOptions>(ServerOptions.SectionName);
        var folder = host.FullPath(options.Data);
        Directory.CreateDirectory(folder);
        var database = await DatabaseFactory.OpenAsync(options.Database, settings.Root[$"{Secrets.SectionName}:database"], folder, cancellationToken);
        return new(database, new(database, host.Time));
    }

    /// <summary>Makes a key.</summary>
    /// <param name="name">What people call it.</param>
    /// <param name="scopes">Some of <see cref="Scopes"/>.</param>
    /// <param name="perMinute">Requests that change something, a minute; null for no limit.</param>
    /// <param name="imagesPerDay">Images in 24 hours; null for no limit.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <returns>The key's id, and the key itself, which nobody can find again.</returns>
    /// <exception cref="ArgumentException">A scope is none.</exception>
    public async Task<(string Id, string Key)> AddAsync(
        string name, IEnumerable<string> scopes, int? perMinute, int? imagesPerDay, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var all = scopes.Aggregate(
            KeyScopes.None, (sum, scope) =>
            Enum.TryParse<KeyScopes>(scope, ignoreCase: true, out var one) && Scopes.Contains(scope, StringComparer.OrdinalIgnoreCase)
            ? sum | one
            : throw new ArgumentException($"\"{scope}\" is no scope. Known: {string.Join(", ", Scopes)}.", nameof(scopes)));
        var (key, text) = await _keys.AddAsync(name, all, perMinute, imagesPerDay, cancellationToken);
        return (key.Id, text);
    }

    /// <summary>All keys, oldest first.</summary>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The keys, without their secrets.</returns>
    public async Task<IReadOnlyList<KeyDescription>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await _keys.ListAsync(cancellationToken)).Select(key => new KeyDescription(
            key.Id, key.Name, [.. Scopes.Where(scope => key.Scopes.HasFlag(Enum.Parse<KeyScopes>(scope, ignoreCase: true)))], key.PerMinute, key.ImagesPerDay,
                key.Created, key.Revoked))];

    /// <summary>Revokes a key; a running server refuses it within seconds.</summary>
    /// <param name="id">The key's id.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <returns>False if there is none of that id, or it is revoked already.</returns>
    public Task<bool> RevokeAsync(string id, CancellationToken cancellationToken) => _keys.RevokeAsync(id, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _database.DisposeAsync();
}

/// <summary>An API key without its secret. Immutable.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Scopes">What it allows.</param>
/// <param name="PerMinute">Requests that change something, a minute; null for no limit.</param>
/// <param name="ImagesPerDay">Images in 24 hours; null for no limit.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Revoked">When it was revoked; null if it is valid.</param>
public sealed record KeyDescription(
    string Id, string Name, IReadOnlyList<string> Scopes, int? PerMinute, int? ImagesPerDay, DateTimeOffset Created, DateTimeOffset? Revoked);
