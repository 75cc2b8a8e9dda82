using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace GenAgent.Models.Http;

/// <summary>
/// Makes the HTTP client through which every server is called: limits, retries and typed faults are the same for all of them.
/// From outside in: faults into exceptions, total timeout, retries, attempt timeout, limits on the answer, the network.
/// </summary>
internal sealed record BackendHttp(string Backend, BackendHttpOptions Options)
{
    /// <summary>Set on a request: whether it may be sent again though it may have been carried out already.</summary>
    public static readonly HttpRequestOptionsKey<bool> Repeatable = new("GenAgent.Repeatable");

    public ILoggerFactory? LoggerFactory { get; init; }

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Whether a POST that does not say so itself may be sent again.</summary>
    public bool RepeatPosts { get; init; }

    /// <summary>Reads what a server's error answer says; null for the common shapes.</summary>
    public Func<byte[], BackendFault?>? ReadFault { get; init; }

    /// <summary>What calls the network; the default one connects directly and follows no redirects.</summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>Makes the client, with what stands in front of all this; null for nothing.</summary>
    public HttpClient CreateClient(DelegatingHandler? outer = null)
    {
        Options.Validate();
        var guard = new ResponseGuardHandler(Backend, Options, TimeProvider) { InnerHandler = Handler ?? CreateHandler() };
        var resilience = new ResilienceHandler(CreatePipeline()) { InnerHandler = guard };
        var faults = new FaultHandler(Backend, ReadFault, Options, TimeProvider) { InnerHandler = resilience };
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
