using System.ComponentModel.DataAnnotations;

namespace GenAgent.Server;

/// <summary>Where the server listens, what it serves, and its limits. The section <c>Server</c> of a <c>genagent.json</c>.</summary>
public sealed record ServerOptions
{
    /// <summary>The section of a configuration that these options are read from.</summary>
    public const string SectionName = "Server";

    /// <summary>The addresses to listen on, separated by semicolons.</summary>
    public string Urls { get; set; } = "http://127.0.0.1:5000";

    /// <summary>The folder that holds the database, the images and the trajectories.</summary>
    public string Data { get; set; } = "genagent-data";

    /// <summary>
    /// A PostgreSQL database (<c>postgres://user@host/name</c>); null for SQLite in the data folder. The password belongs into <c>Secrets:database</c>.
    /// </summary>
    public string? Database { get; set; }

    /// <summary>A folder of runs to browse beside the server's own; null for none.</summary>
    public string? Browse { get; set; }

    /// <summary>Agents that a request may choose beside the default one: the URI of each by its name.</summary>
    public IDictionary<string, string> Agents { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Generators that a request may choose beside the default one: the URI of each by its name.</summary>
    public IDictionary<string, string> Generators { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Jobs that this process runs at once.</summary>
    [Range(0, 1024)]
    public int Workers { get; set; } = 4;

    /// <summary>Jobs of one API key that run at once.</summary>
    [Range(1, 100_000)]
    public int RunningPerKey { get; set; } = 64;

    /// <summary>Jobs that may wait; beyond, requests are refused with 503.</summary>
    [Range(1, 1_000_000)]
    public int Queue { get; set; } = 10_000;

    /// <summary>Jobs of one API key that may wait; beyond, requests are refused with 429.</summary>
    [Range(1, 1_000_000)]
    public int QueuePerKey { get; set; } = 5_000;

    /// <summary>Seconds after which a job that has not ended fails, unless its request sets fewer.</summary>
    [Range(1, 86_400)]
    public double JobSeconds { get; set; } = 900;

    /// <summary>Seconds without a heartbeat after which another worker takes a job over.</summary>
    [Range(1, 3600)]
    public double LeaseSeconds { get; set; } = 15;

    /// <summary>Seconds that running jobs have to end when the server stops; what has not ended is queued again.</summary>
    [Range(0, 3600)]
    public double StopSeconds { get; set; } = 10;

    /// <summary>How often a job is started before it fails because each server that ran it died.</summary>
    [Range(1, 1000)]
    public int Attempts { get; set; } = 20;

    /// <summary>The most characters of a prompt.</summary>
    [Range(1, 1_000_000)]
    public int PromptCharacters { get; set; } = 10_000;

    /// <summary>The most images that a request may bring.</summary>
    [Range(0, 64)]
    public int Images { get; set; } = 4;

    /// <summary>The most bytes of an uploaded image.</summary>
    [Range(1024, 1 << 30)]
    public int ImageBytes { get; set; } = 20 << 20;

    /// <summary>The most pixels of an uploaded image.</summary>
    [Range(1, 1 << 28)]
    public long ImagePixels { get; set; } = 16 << 20;

    /// <summary>The most bytes of a request.</summary>
    [Range(1024, 1 << 30)]
    public int BodyBytes { get; set; } = 64 << 20;

    /// <summary>The most samples of a job.</summary>
    [Range(1, 1024)]
    public int Count { get; set; } = 16;

    /// <summary>The most rounds that a request may ask for.</summary>
    [Range(1, 1000)]
    public int Rounds { get; set; } = 16;

    /// <summary>Connections that may be open at once.</summary>
    [Range(1, 1_000_000)]
    public int Connections { get; set; } = 4096;

    /// <summary>Streams of events that may be open at once, for all and for one API key.</summary>
    [Range(1, 1_000_000)]
    public int EventStreams { get; set; } = 2048;

    /// <summary>
    /// Days after which finished jobs and their trajectories are deleted, and of a gateway the calls of ended rollouts, whose trajectories stay; null to keep
    /// them.
    /// </summary>
    [Range(1, 100_000)]
    public int? RetentionDays { get; set; }

    /// <summary>Gigabytes that the data folder may take; beyond, the oldest days are deleted. Null for no limit.</summary>
    [Range(0.001, 1_000_000)]
    public double? DiskGigabytes { get; set; }

    /// <summary>Megabytes that stay free on the disk: with less, new jobs are refused with 507.</summary>
    [Range(0, 1_000_000)]
    public long FreeMegabytes { get; set; } = 200;

    /// <summary>Whether requests need an API key: <c>auto</c> for all but loopback addresses, <c>always</c>.</summary>
    public AuthenticationMode Authentication { get; set; } = AuthenticationMode.Auto;

    /// <summary>
    /// Host names, beside the addresses themselves, under which clients reach the server, separated by semicolons; null for any when requests need a key.
    /// </summary>
    public string? Hosts { get; set; }

    /// <summary>
    /// The collector that spans and metrics are sent to, by OpenTelemetry's protocol over HTTP (<c>http://HOST:4318</c>); null for none. Headers that it asks
    /// for belong into <c>Secrets:telemetry</c> (<c>name=value,...</c>).
    /// </summary>
    public string? Telemetry { get; set; }

    /// <summary>Hosts with a private address that webhooks may call, separated by semicolons; null for none.</summary>
    public string? WebhookHosts { get; set; }
}

/// <summary>When requests need an API key.</summary>
public enum AuthenticationMode
{
    /// <summary>Unless all addresses are loopback.</summary>
    Auto,

    /// <summary>Always.</summary>
    Always,
}
