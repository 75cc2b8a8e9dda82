namespace GenAgent.Server;

/// <summary>A request that the server does not carry out. What it says goes to the client.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="detail">What is wrong and what to do.</param>
/// <param name="field">The field of the request that is wrong; null for none.</param>
internal sealed class RefusedException(int status, string detail, string? field = null) : Exception(detail)
{
    public int Status => status;

    public string? Field { get; } = field;

    /// <summary>Seconds after which the request may succeed; null if that is unknown.</summary>
    public int? RetryAfter { get; init; }

    public static RefusedException BadField(string field, string detail) => new(400, detail, field);

    public static RefusedException NotFound(string what) => new(404, what);
}
