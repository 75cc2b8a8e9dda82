using GenAgent.Models;
using Microsoft.Extensions.Logging;

namespace GenAgent.Cli.Hosting;

/// <summary>Logs to standard error, one line an entry, with secrets taken out. For <c>--verbose</c>.</summary>
internal sealed class MaskedLogging(CliHost host) : ILoggerProvider
{
    private readonly Lock _lock = new();

    // Notices are for every user; the rest is for those who ask.
    public static ILoggerFactory Create(CliHost host, bool verbose) => LoggerFactory.Create(logging => logging
        .SetMinimumLevel(LogLevel.Debug)
        .AddFilter((category, _) => verbose || string.Equals(category, ServerNotices.Category, StringComparison.Ordinal))
        .AddProvider(new MaskedLogging(host)));

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    public void Dispose()
    {
    }

    private void Write(LogLevel level, string category, string message)
    {
        lock (_lock)
        {
            if (string.Equals(category, ServerNotices.ShortCategory, StringComparison.Ordinal))
            {
                host.Say(level < LogLevel.Warning ? message : $"warning: {message}");
                return;
            }

            host.Say($"{host.Time.GetUtcNow():HH:mm:ss.fff} {level} {category}: {message}");
        }
    }

    private sealed class Logger(MaskedLogging owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            owner.Write(logLevel, category, exception is null ? formatter(state, null) : $"{formatter(state, exception)} {exception}");
    }
}
