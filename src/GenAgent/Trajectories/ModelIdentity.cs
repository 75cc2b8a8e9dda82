namespace GenAgent.Trajectories;

/// <summary>Who did the work.</summary>
/// <param name="Name">The model's name, as its backend calls it; <c>unknown</c> when it does not say.</param>
/// <param name="Provider">Who serves it; null when unknown.</param>
/// <param name="Version">The exact version that answered; null when the backend does not tell.</param>
public sealed record ModelIdentity(string Name, string? Provider = null, string? Version = null)
{
    /// <summary>The URI that opens the backend again; null when unknown.</summary>
    public string? Uri { get; init; }
}
