using Microsoft.AspNetCore.Http;

namespace GenAgent.Server.Security;

/// <summary>Who a request comes from. Immutable.</summary>
/// <param name="Owner">The API key's id; null without authentication.</param>
/// <param name="Scopes">What the key allows.</param>
internal sealed record Caller(string? Owner, KeyScopes Scopes)
{
    /// <summary>Anybody on this machine, where no key is needed.</summary>
    public static Caller Local { get; } = new(null, KeyScopes.Read | KeyScopes.Generate | KeyScopes.Admin);

    /// <summary>Changes a minute; null for no limit.</summary>
    public int? PerMinute { get; init; }

    /// <summary>Whether jobs of other keys are shown.</summary>
    public bool SeesAll => Scopes.HasFlag(KeyScopes.Admin);

    /// <summary>Whether what belongs to an owner is shown to the caller.</summary>
    public bool Sees(string? owner) => SeesAll || string.Equals(owner, Owner, StringComparison.Ordinal);

    /// <summary>The caller of a request that <see cref="KeyMiddleware"/> let through.</summary>
    public static Caller Of(HttpContext context) => context.Features.Get<Caller>() ?? Local;
}

/// <summary>What an API key allows.</summary>
[Flags]
internal enum KeyScopes
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>To see trajectories, runs, images and its own jobs.</summary>
    Read = 1,

    /// <summary>To submit and cancel jobs.</summary>
    Generate = 2,

    /// <summary>To see and cancel the jobs of all keys.</summary>
    Admin = 4,
}
