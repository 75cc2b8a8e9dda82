using GenAgent.Hosting.Composition;
using GenAgent.Models;
using GenAgent.Telemetry;
using GenAgent.Tools;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace GenAgent.Hosting.DependencyInjection;

/// <summary>
/// Makes an agent of the services once, and owns it. Models of this process are loaded by the first call of <see cref="GetAsync"/>; resolving
/// <c>ImageAgent</c> waits for them. Safe to use from many tasks at once.
/// </summary>
public sealed class GenAgentSource : IDisposable
{
    private readonly Lock _lock = new();
    private readonly string _name;
    private readonly IOptionsMonitor<GenAgentOptions> _options;
    private readonly BackendRegistry _registry;
    private readonly SecretMask _secrets;
    private readonly IReadOnlyList<AgentTool> _tools;
    private readonly ILoggerFactory? _loggerFactory;
    private readonly TimeProvider _time;
    private Task<AgentComposition>? _made;
    private bool _disposed;

    internal GenAgentSource(
        string name, IOptionsMonitor<GenAgentOptions> options, BackendRegistry registry, SecretMask secrets, IReadOnlyList<AgentTool> tools,
            ILoggerFactory? loggerFactory, TimeProvider time) =>
        (_name, _options, _registry, _secrets, _tools, _loggerFactory, _time) = (name, options, registry, secrets, tools, loggerFactory, time);

    /// <summary>The agent with its parts, which stay this object's. A failed attempt is repeated by the next call.</summary>
    /// <param name="cancellationToken">Stops the wait; the loading goes on for other callers.</param>
    /// <returns>The agent; loaded once.</returns>
    /// <exception cref="OptionsValidationException">An option breaks a rule.</exception>
    /// <exception cref="BackendUriException">A URI names an unknown kind of backend.</exception>
    /// <exception cref="ObjectDisposedException">This object is disposed of.</exception>
    public Task<AgentComposition> GetAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_made is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _made = Task.Run(() =>
                    AgentComposition.CreateAsync(_options.Get(_name), _registry, _secrets, _loggerFactory, _time, _tools, CancellationToken.None),
                    CancellationToken.None);
            }

            return _made.WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Task<AgentComposition>? made;
        lock (_lock)
        {
            (_disposed, made) = (true, _made);
        }

        // A loading that is under way is disposed of when it ends.
        _ = made?.ContinueWith(
            static loaded => loaded.GetAwaiter().GetResult().Dispose(),
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}
