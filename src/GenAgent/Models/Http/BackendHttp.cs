using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace GenAgent.Models.Http;

/// <summary>
/// Creates the HTTP client for all servers, with the same limits, retries and typed exceptions. The layers, from the outside in: exceptions, total timeout,
/// retries, attempt timeout, answer limits, network.
/// </summary>
/// <param name="Backend">How messages name the server.</param>
/// <param name="Options">Time limits, retries and sizes.</param>
public sealed record BackendHttp(string Backend, BackendHttpOptions Options)
{
    /// <summary>Request option: whether the request may be repeated even if it may have been executed.</summary>
    public static readonly HttpRequestOptionsKey<bool> Repeatable = new("GenAgent.Repeatable");

    /// <summary>Where attempts are logged; null for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>The clock of waits and time limits.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Whether a POST without this option may be repeated.</summary>
    public bool RepeatPosts { get; init; }

    /// <summary>Reads a server's error answer; null for the common shapes.</summary>
    internal Func<byte[], BackendFault?>? ReadFault { get; init; }

    /// <summary>Whether requests may carry a key, so that a refusal is one of the key.</summary>
    internal bool SendsKey { get; init; } = true;

    /// <summary>The network handler; the default connects directly and does not follow redirects.</summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>Creates the client, with an optional outermost handler.</summary>
    /// <param name="outer">The outermost handler; null for none.</param>
    /// <returns>The client; the caller disposes it. Every failure of a call is a <see cref="BackendException"/>.</returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public HttpClient CreateClient(DelegatingHandler? outer = null)
    {
        Options.Validate();
        var guard = new ResponseGuardHandler(Backend, Options, TimeProvider) { InnerHandler = Handler ?? CreateHandler() };
        var resilience = new ResilienceHandler(CreatePipeline()) { InnerHandler = guard };
        var faults = new FaultHandler(this) { InnerHandler = resilience };
        if (outer is not null)
        {
            outer.InnerHandler = faults;
        }

        return new HttpClient(outer ?? faults) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private SocketsHttpHandler CreateHandler() => new()
    {
        ConnectTimeout = Options.ConnectTimeout,
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    private ResiliencePipeline<HttpResponseMessage> CreatePipeline()
    {
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { Name = "genagent", TimeProvider = TimeProvider };
        if (LoggerFactory is not null)
        {
            builder.ConfigureTelemetry(LoggerFactory);
        }

        builder.AddTimeout(new TimeoutStrategyOptions { Name = "total", Timeout = Options.TotalTimeout });
        if (Options.MaxRetries > 0)
        {
            var rules = new RetryRules(Options, TimeProvider, RepeatPosts);
            builder.AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                Name = "retry",
                MaxRetryAttempts = Options.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = Options.RetryDelay,
                MaxDelay = Options.MaxRetryDelay,
                ShouldHandle = arguments => new(rules.ShouldRetry(arguments.Outcome, arguments.Context.GetRequestMessage())),
                DelayGenerator = arguments => new(RetryAfter.Read(arguments.Outcome.Result, TimeProvider)),
            });
        }

        return builder.AddTimeout(new TimeoutStrategyOptions { Name = "attempt", Timeout = Options.AttemptTimeout }).Build();
    }
}
