namespace GenAgent.Running.Sharing;

/// <summary>How runs are shared. None of it changes an outcome.</summary>
public sealed record SharingOptions
{
    /// <summary>The most bytes of one result, images included.</summary>
    public const int MostBytes = 64 << 20;

    /// <summary>Tasks that an owner has on the board at once, results that it has not kept included; 1 or more. Bounds what the board holds.</summary>
    public int Window { get; init; } = 1000;

    /// <summary>How long a worker holds its tasks without a sign of life.</summary>
    public TimeSpan Term { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long an owner holds its run without a sign of life: so long workers go on after its death.</summary>
    public TimeSpan OwnerTerm { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often the board is asked for news.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a board may be out of reach before a process gives up.</summary>
    public TimeSpan Outage { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often a task whose backend failed is tried again, after all others; 0 or more.</summary>
    public int Retries { get; init; } = 1;

    /// <summary>Failures of backends in a row after which a worker stops, as the rest would fail the same way; 1 or more.</summary>
    public int FailuresInARow { get; init; } = 5;
}
