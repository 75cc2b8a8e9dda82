using System.Collections.Concurrent;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using GenAgent.Server.Storage;

namespace GenAgent.Server.Security;

/// <summary>
/// API keys in the database, by the hash of their secret alone: a key is shown once, when it is made. Secrets are 256 random bits, so that a fast hash does.
/// Safe to use from many tasks at once.
/// </summary>
internal sealed class ApiKeys(Database database, TimeProvider time)
{
    private const string Prefix = "gak";
    private const int IdBytes = 6;
    private const int SecretBytes = 32;

    // A revoked key works for this long at most.
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, (long At, ApiKey? Key)> _known = new(StringComparer.Ordinal);

    /// <summary>Makes a key.</summary>
    /// <returns>The key, and the text that a client sends.</returns>
    public async Task<(ApiKey Key, string Text)> AddAsync(string name, KeyScopes scopes, int? perMinute, int? imagesPerDay, CancellationToken cancellationToken)
    {
        var (id, secret) =
            (Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes)));
        var key = new ApiKey(id, name, scopes, perMinute, imagesPerDay, time.GetUtcNow(), null) { Hash = HashOf(secret) };
        await database.WriteAsync(
            session => session.ExecuteAsync(
                "INSERT INTO keys (id, name, hash, scopes, per_minute, images_per_day, created) VALUES (@id, @name, @hash, @scopes, @minute, @day, @created)",
                ("id", id), ("name", name), ("hash", key.Hash), ("scopes", scopes.ToString()), ("minute", perMinute), ("day", imagesPerDay),
                    ("created", key.Created.ToUnixTimeMilliseconds())),
            cancellationToken);
        return (key, $"{Prefix}_{id}_{secret}");
    }

    public Task<List<ApiKey>> ListAsync(CancellationToken cancellationToken) =>
        database.QueryAsync("SELECT * FROM keys ORDER BY created, id", Read, cancellationToken);

    /// <summary>Revokes a key; false if there is none of that id, or it is revoked.</summary>
    public async Task<bool> RevokeAsync(string id, CancellationToken cancellationToken) => await database.WriteAsync(
        session => session.ExecuteAsync(
            "UPDATE keys SET revoked = @now WHERE id = @id AND revoked IS NULL", ("now", time.GetUtcNow().ToUnixTimeMilliseconds()), ("id", id)),
            cancellationToken) > 0;

    /// <summary>The key of a text that a client sent; null if it is none, or revoked.</summary>
    public async Task<ApiKey?> FindAsync(string text, CancellationToken cancellationToken)
    {
        if (text.Split('_') is not [Prefix, { Length: IdBytes * 2 } id, { Length: SecretBytes * 2 } secret]) return null;
        if (!_known.TryGetValue(id, out var known) || time.GetElapsedTime(known.At) > Remembered)
        {
            var found = (await database.QueryAsync("SELECT * FROM keys WHERE id = @id AND revoked IS NULL", Read, cancellationToken, ("id", id)))
                .FirstOrDefault();
            known = (time.GetTimestamp(), found);

            // Of ids that are none, nothing is remembered: there are as many as an attacker likes.
            if (found is not null) _known[id] = known;
            else _known.TryRemove(id, out _);
        }

        return known.Key is { } key
            && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(HashOf(secret)), Encoding.ASCII.GetBytes(key.Hash)) ? key : null;
    }

    private static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(secret)));

    private static ApiKey Read(DbDataReader row) => new(
        row.Text("id"), row.Text("name"), Enum.Parse<KeyScopes>(
            row.Text("scopes")), (int?)row.NumberOrNull("per_minute"), (int?)row.NumberOrNull("images_per_day"), row.Time("created"),
        row.TimeOrNull("revoked")) { Hash = row.Text("hash") };
}

/// <summary>An API key without its secret. Immutable.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Scopes">What it allows.</param>
/// <param name="PerMinute">Requests that change something, a minute; null for the server's limit.</param>
/// <param name="ImagesPerDay">Samples in 24 hours; null for no limit.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Revoked">When it was revoked; null if it is valid.</param>
internal sealed record ApiKey(string Id, string Name, KeyScopes Scopes, int? PerMinute, int? ImagesPerDay, DateTimeOffset Created, DateTimeOffset? Revoked)
{
    /// <summary>The hash of its secret.</summary>
    public required string Hash { get; init; }
}
